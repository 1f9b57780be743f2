/** The data sources of the dashboards: metrics by a variable, so that a dashboard can look at another Prometheus. */
export const metricsSource = { type: 'prometheus', uid: '${datasource}' } as const

/** As `grafana/provisioning` has it. */
export const tracesSource = { type: 'jaeger', uid: 'traces' } as const
