{
  // Thresholds are those of config/production.yaml: change them there, and run `pnpm mixin`.
  _config+:: {
    // Addresses in the links of alerts. null: the external labels grafana_url and runbooks_url of Prometheus
    grafanaUrl: null,
    runbooksUrl: null,
    // Names of alerts that are left out
    disabledAlerts: [],
    // Labels of every alert, such as { team: 'agents' }
    alertLabels: {},
    // Further tags of the dashboards
    dashboardTags: [],
  },
}
