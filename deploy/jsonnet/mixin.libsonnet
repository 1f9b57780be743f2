// Rules and dashboards of Swarmwatch. The groups are those of the rule files: a group with an alert is in prometheusAlerts with all its
// rules, because they are evaluated in order; a group that only records is in prometheusRules. Load both.
local files = import 'files.libsonnet';

(import 'config.libsonnet') {
  local config = $._config,

  local linked(text) =
    local withGrafana = if config.grafanaUrl == null then text
    else std.strReplace(text, '{{ $externalLabels.grafana_url }}', config.grafanaUrl);
    if config.runbooksUrl == null then withGrafana
    else std.strReplace(withGrafana, '{{ $externalLabels.runbooks_url }}', config.runbooksUrl),

  local configured(rule) =
    if !std.objectHas(rule, 'alert') then rule
    else rule {
      labels: std.mapWithKey(function(_, text) linked(text), rule.labels) + config.alertLabels,
      annotations: std.mapWithKey(function(_, text) linked(text), rule.annotations),
    },

  local isWanted(rule) = !(std.objectHas(rule, 'alert') && std.member(config.disabledAlerts, rule.alert)),

  local groups = [
    group { rules: std.map(configured, std.filter(isWanted, group.rules)) }
    for name in std.objectFields(files.rules)
    for group in std.parseYaml(files.rules[name]).groups
  ],

  local hasAlert(group) = std.length([rule for rule in group.rules if std.objectHas(rule, 'alert')]) > 0,

  prometheusAlerts+:: { groups+: std.filter(hasAlert, groups) },
  prometheusRules+:: { groups+: std.filter(function(group) !hasAlert(group), groups) },
  grafanaDashboards+:: std.mapWithKey(
    function(_, dashboard) dashboard { tags+: config.dashboardTags },
    files.dashboards,
  ),
}
