import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { attribute, experimentSums, metric, otherName, type Metric } from '@swarmwatch/sdk/names'
import { type Container, eventually, openNetwork } from '@swarmwatch/testkit'

import { backfill } from './backfill.ts'
import { layOutStack } from './stack-files.ts'
import { basicAuth, query, runPrometheus } from './run-engines.ts'
import type { Recording } from '../src/rule.ts'

/**
 * Agents of an environment: their names are the same in every one, unless it has names of its own.
 */
export interface Fleet {
  readonly environment: string
  readonly agents: number
  readonly names?: readonly string[]
}

/**
 * A Prometheus with the rules of the repository, and fleets that have sent every metric of the SDK
 * for five minutes.
 */
export interface CrowdedPrometheus {
  readonly prometheus: Container
  /** Sends the newest values again, so that the fleets are still there. */
  send(): Promise<void>
  close(): Promise<void>
}

export async function crowdedPrometheus(
  fleets: readonly Fleet[],
  { past }: { readonly past?: readonly Recording[] } = {},
): Promise<CrowdedPrometheus> {
  const files = layOutStack()
  const history = join(files.folder, 'history')
  mkdirSync(history)
  evaluateOften(join(files.collector, 'prometheus'))
  const network = await openNetwork()
  const close = async (): Promise<void> => {
    await network.remove()
    rmSync(files.folder, { recursive: true })
  }
  try {
    const prometheus = await runPrometheus(network, files, { '/history': history })
    const processes = fleets.map((fleet) => ({ ...fleet, instance: randomUUID() }))
    const startedMs = Date.now() - 300_000
    const send = async (atMs = Date.now()): Promise<void> => {
      for (const fleet of processes) await push(prometheus, metricsOf(fleet, startedMs, atMs))
    }
    for (let atMs = startedMs; atMs < startedMs + 300_000; atMs += 15_000) await send(atMs)
    await send()
    const last = fleets.at(-1)!
    const complete = `count(agent:execution_duration_seconds:p95_5m{${labelOf('deployment.environment.name')}="${last.environment}"})`
    await eventually('the rules to have looked at every agent', async () => {
      await send()
      const [answer] = await query(prometheus, complete)
      return Number(answer?.value?.[1]) === last.agents ? true : undefined
    })
    if (past !== undefined) await backfill(prometheus, history, startedMs, past)
    return { prometheus, send: () => send(), close }
  } catch (error) {
    await close()
    throw error
  }
}

function evaluateOften(folder: string): void {
  const change = (path: string, by: (text: string) => string): void => writeFileSync(path, by(readFileSync(path, 'utf8')))
  for (const name of readdirSync(join(folder, 'rules'))) {
    change(join(folder, 'rules', name), (text) =>
      text.replaceAll(/(?<=^ *interval: )\w+$/gm, '2s').replaceAll(/(?<=^ *for: )\w+$/gm, '1s'),
    )
  }
  change(join(folder, 'prometheus.yaml'), (text) =>
    text.replace('scrape_interval: 15s', 'scrape_interval: 2s').replace('scrape_timeout: 10s', 'scrape_timeout: 2s'),
  )
}

async function push(prometheus: Container, body: string): Promise<void> {
  const response = await fetch(`${await prometheus.url(9090)}/api/v1/otlp/v1/metrics`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: basicAuth,
    },
    body,
  })
  if (!response.ok) throw new Error(`Prometheus refused the metrics: ${response.status} ${await response.text()}`)
}

type Labels = Readonly<Record<string, string>>

/**
 * Every metric of the SDK as a process of these agents has it after so long, as OTLP over HTTP in
 * JSON.
 */
function metricsOf(fleet: Fleet & { readonly instance: string }, startedMs: number, atMs: number): string {
  const resource = {
    'service.name': 'agent-worker',
    'service.namespace': 'swarmwatch',
    'service.version': '1.2.3',
    'service.instance.id': fleet.instance,
    'deployment.environment.name': fleet.environment,
    'cloud.region': 'eu-central-1',
  }
  const minutes = (atMs - startedMs) / 60_000
  const times = { startTimeUnixNano: `${startedMs}000000`, timeUnixNano: `${atMs}000000` }
  const metrics = Object.values(metric).map((of) => ({
    name: of.name,
    unit: of.unit,
    ...pointsOf(of, fleet, minutes, times),
  }))
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes: pairs(resource) }, scopeMetrics: [{ metrics }] }] })
}

function pointsOf(of: Metric, fleet: Fleet, minutes: number, times: object): object {
  const point = (labels: Labels, index: number): object => {
    const perMinute = 4 + (index % 7)
    const attributes = pairs(labels)
    if (of.kind === 'counter') return { ...times, attributes, asDouble: perMinute * minutes * shareOf(labels) }
    if (of.kind !== 'histogram') return { ...times, attributes, asDouble: of === metric.healthScore ? 80 : 0.3 }
    const count = Math.round(perMinute * minutes)
    const bounds = of.buckets!
    const counts = Array.from({ length: bounds.length + 1 }, (_, at) => (at === 4 ? String(count) : '0'))
    return { ...times, attributes, count: String(count), sum: count * 2, explicitBounds: bounds, bucketCounts: counts }
  }
  const dataPoints = labelSets(of, fleet).map(point)
  if (of.kind === 'counter') return { sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }
  if (of.kind === 'histogram') return { histogram: { aggregationTemporality: 2, dataPoints } }
  if (of.kind === 'upDownCounter') return { sum: { aggregationTemporality: 2, isMonotonic: false, dataPoints } }
  return { gauge: { dataPoints } }
}

/** Every agent has 30 failures and 5 cancelled runs for 100 successes. */
function shareOf(labels: Labels): number {
  if (labels[attribute.outcome] === 'failure') return 0.3
  return labels[attribute.outcome] === 'cancelled' ? 0.05 : 1
}

function labelSets({ attributes }: Metric, { agents, names = numbered(agents) }: Fleet): Labels[] {
  const values: Readonly<Record<string, readonly string[]>> = {
    [attribute.agentName]: names,
    [attribute.genAiAgentName]: names,
    [attribute.outcome]: ['success', 'failure', 'cancelled'],
    [attribute.errorType]: ['429', 'timeout'],
    [attribute.requestModel]: ['m-1'],
    [attribute.responseModel]: ['m-1-2026'],
    [attribute.providerName]: ['openai'],
    [attribute.operation]: ['chat', 'invoke_agent'],
    [attribute.tokenModality]: ['unknown'],
    [attribute.serverAddress]: ['api.openai.com'],
    [attribute.serverPort]: ['443'],
    [attribute.toolType]: ['function'],
    [attribute.direction]: ['input', 'output'],
    [attribute.resource]: ['cpu', 'memory'],
    [attribute.where]: ['span'],
    [attribute.toolName]: ['read_file'],
    [attribute.sum]: experimentSums,
  }
  // No board asks for the values of the others
  const valuesOf = (name: string): readonly string[] => values[name] ?? ['a']
  const all = attributes
    .filter((name) => name !== attribute.variant)
    .reduce<Labels[]>((sets, name) => sets.flatMap((set) => valuesOf(name).map((value) => ({ ...set, [name]: value }))), [{}])
  // The first two agents have variants
  const hasVariant = ({ [attribute.agentName]: name }: Labels): boolean => name === names[0] || name === names[1]
  if (!attributes.includes(attribute.variant)) return all
  return all.flatMap((set) => (hasVariant(set) ? ['a', 'b'].map((each) => ({ ...set, [attribute.variant]: each })) : [set]))
}

function numbered(agents: number): string[] {
  return Array.from({ length: agents }, (_, n) => (n === 99 ? otherName : `agent-${String(n + 1).padStart(2, '0')}`))
}

function pairs(attributes: Labels): object[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}

function labelOf(name: string): string {
  return name.replaceAll('.', '_')
}
