import { attribute, metric, type MetricKey } from '@swarmwatch/sdk/names'

/** The name that an OpenTelemetry attribute has as a Prometheus label. */
function labelOf(attributeName: string): string {
  return attributeName.replaceAll(/[^a-zA-Z0-9_]/g, '_')
}

type Label =
  | 'job'
  | 'instance'
  | 'environment'
  | 'region'
  | 'agent'
  | 'outcome'
  | 'model'
  | 'provider'
  | 'variant'
  | 'experiment'
  | 'resource'
  | 'direction'
  | 'errorType'
  | 'tool'
  | 'toolAgent'
  | 'where'
  | 'budget'
  | 'reason'
  | 'quota'
  | 'evaluation'
  | 'executionId'
  | 'lastStep'

/** Labels of the series that agents send. */
export const label: Readonly<Record<Label, string>> = {
  job: 'job',
  instance: 'instance',
  environment: 'deployment_environment_name',
  region: 'cloud_region',
  agent: labelOf(attribute.agentName),
  outcome: labelOf(attribute.outcome),
  model: labelOf(attribute.requestModel),
  provider: labelOf(attribute.providerName),
  variant: labelOf(attribute.variant),
  experiment: labelOf(attribute.experiment),
  resource: labelOf(attribute.resource),
  direction: labelOf(attribute.direction),
  errorType: labelOf(attribute.errorType),
  tool: labelOf(attribute.toolName),
  toolAgent: labelOf(attribute.genAiAgentName),
  where: labelOf(attribute.where),
  budget: labelOf(attribute.budget),
  reason: labelOf(attribute.reason),
  quota: labelOf(attribute.quota),
  evaluation: labelOf(attribute.evaluationName),
  executionId: labelOf(attribute.executionId),
  lastStep: labelOf(attribute.lastStep),
}

/**
 * Labels that identify a fleet: a region of an environment. Prometheus promotes these resource
 * attributes to labels.
 */
export const fleetLabels: readonly string[] = [label.environment, label.region]
/** Labels that identify an agent. */
export const agentLabels: readonly string[] = [label.job, ...fleetLabels, label.agent]

/** `by (...)` of an agent, of a fleet, or of one with more labels. */
export const byAgent: string = by(...agentLabels)
export const byFleet: string = by(...fleetLabels)
export const onAgent: string = `on (${agentLabels.join(', ')})`
export const onFleet: string = `on (${fleetLabels.join(', ')})`

export function by(...labels: readonly string[]): string {
  return `by (${labels.join(', ')})`
}

/** The services of the production stack, by the `job` of their metrics. */
export const service = {
  collector: 'otel-collector',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  bridge: 'alert-bridge',
  advisor: 'advisor',
} as const

/**
 * Matcher for the series of a service. Agents push series of any name, but their `job` always
 * contains a `/` (collector/otelcol/config.yaml), so without this matcher an agent could raise or
 * hide alerts about the service.
 */
export const jobIs: Readonly<Record<keyof typeof service, string>> = {
  collector: `job="${service.collector}"`,
  prometheus: `job="${service.prometheus}"`,
  alertmanager: `job="${service.alertmanager}"`,
  bridge: `job="${service.bridge}"`,
  advisor: `job="${service.advisor}"`,
}

/** Matcher for series that Prometheus scrapes itself: an agent pushed none of them. */
export const scraped = 'job!~".*/.*"'

/**
 * The series that the SDK sends, by the key it has there; histograms without `_bucket`, `_sum` or
 * `_count`.
 */
export const series: Readonly<Record<MetricKey, string>> = Object.fromEntries(
  Object.entries(metric).map(([key, { prometheus }]) => [key, prometheus]),
) as Record<MetricKey, string>

/** Runs that succeeded or failed: a cancelled run counts on neither side. */
export const finished: string = `{${label.outcome}=~"success|failure"}`
export const failed: string = `{${label.outcome}="failure"}`

/**
 * Requests to models that failed: with an error, but not ended by this side. `cancelled` is what the instrumentations report for an
 * abort by the caller or a reader that leaves; `AbortError` is what a report by hand contains.
 */
export const failedRequest: string = `${label.errorType}!~"|cancelled|AbortError"`
