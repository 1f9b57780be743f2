/** The services of the production stack, by the `job` of their metrics. */
export const component = {
  collector: 'otel-collector',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  bridge: 'alert-bridge',
} as const

/**
 * Matcher for the series of a service. Agents push series of any name, but their `job` always contains a `/` (collector/otelcol/config.yaml),
 * so without this matcher an agent could raise or hide alerts about the service.
 */
export const from: Readonly<Record<keyof typeof component, string>> = {
  collector: `job="${component.collector}"`,
  prometheus: `job="${component.prometheus}"`,
  alertmanager: `job="${component.alertmanager}"`,
  bridge: `job="${component.bridge}"`,
}

/** Matcher for what Prometheus scrapes itself: none of it was pushed by an agent. */
export const scraped = 'job!~".*/.*"'
