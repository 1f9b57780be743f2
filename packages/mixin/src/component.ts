/** The services of the production stack, by the `job` of their metrics. */
export const component = {
  collector: 'otel-collector',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  bridge: 'alert-bridge',
} as const
