// Made by `pnpm mixin`.
{
  rules: {
    'agents-and-swarm.yaml': importstr '../helm/swarmwatch/files/rules/agents-and-swarm.yaml',
    'error-budget.yaml': importstr '../helm/swarmwatch/files/rules/error-budget.yaml',
    'cost.yaml': importstr '../helm/swarmwatch/files/rules/cost.yaml',
    'budgets-and-quality.yaml': importstr '../helm/swarmwatch/files/rules/budgets-and-quality.yaml',
    'model-calls.yaml': importstr '../helm/swarmwatch/files/rules/model-calls.yaml',
    'anomalies.yaml': importstr '../helm/swarmwatch/files/rules/anomalies.yaml',
    'capacity.yaml': importstr '../helm/swarmwatch/files/rules/capacity.yaml',
    'experiments.yaml': importstr '../helm/swarmwatch/files/rules/experiments.yaml',
    'forecast.yaml': importstr '../helm/swarmwatch/files/rules/forecast.yaml',
    'pipeline.yaml': importstr '../helm/swarmwatch/files/rules/pipeline.yaml',
  },
  dashboards: {
    'swarm-overview.json': import '../helm/swarmwatch/files/dashboards/swarm-overview.json',
    'agent-detail.json': import '../helm/swarmwatch/files/dashboards/agent-detail.json',
    'cost-and-capacity.json': import '../helm/swarmwatch/files/dashboards/cost-and-capacity.json',
    'pipeline.json': import '../helm/swarmwatch/files/dashboards/pipeline.json',
  },
}
