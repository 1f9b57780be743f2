/** How often the runs of an agent ended in an outcome so far. */
export interface Runs {
  readonly agent: string
  readonly outcome: string
  readonly value: number
}

/** `agent.executions` of a process at a time, as OTLP over HTTP in JSON. */
export function runsAt(region: string | undefined, runs: readonly Runs[], atMs: number): string {
  const resource = {
    'service.name': 'workers',
    'service.instance.id': `test-${region ?? 'anywhere'}`,
    'deployment.environment.name': 'production',
    ...(region !== undefined && { 'cloud.region': region }),
  }
  const dataPoints = runs.map(({ agent, outcome, value }) => ({
    asInt: String(value),
    startTimeUnixNano: nanos(started),
    timeUnixNano: nanos(atMs),
    attributes: pairs({ 'agent.name': agent, outcome }),
  }))
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints }
  const metrics = [{ name: 'agent.executions', unit: '{execution}', sum }]
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes: pairs(resource) }, scopeMetrics: [{ metrics }] }] })
}

const started = Date.now() - 600_000

function nanos(ms: number): string {
  return `${ms}000000`
}

function pairs(attributes: Readonly<Record<string, string>>): object[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}

/** A point of a gauge. */
export interface GaugePoint {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** @default 1 */
  readonly value?: number
}

/** Gauges from any resource, as OTLP over HTTP in JSON. */
export function gaugesFrom(
  resource: Readonly<Record<string, string>>,
  points: readonly GaugePoint[],
  atMs: number = Date.now(),
): string {
  const metrics = points.map(({ name, labels, value = 1 }) => ({
    name,
    gauge: { dataPoints: [{ asDouble: value, timeUnixNano: nanos(atMs), attributes: pairs(labels) }] },
  }))
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes: pairs(resource) }, scopeMetrics: [{ metrics }] }] })
}

/** Sends it; returns the status. */
export async function push(address: string, body: string, authorization: string): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization }
  return (await fetch(address, { method: 'POST', headers, body })).status
}

/** A number of spans of one moment, as OTLP over HTTP in JSON. */
export function spansAt(count: number, atMs: number): string {
  const spans = Array.from({ length: count }, (_, n) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: (n + 1).toString(16).padStart(16, '0'),
    name: 'invoke_agent lost',
    startTimeUnixNano: nanos(atMs),
    endTimeUnixNano: nanos(atMs),
  }))
  const resource = { attributes: pairs({ 'service.name': 'workers' }) }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}
