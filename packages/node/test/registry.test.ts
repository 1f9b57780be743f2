import { readFileSync } from 'node:fs'

import { currentExecution, instrumentAgent, instrumentTool, startExecution } from '@swarmwatch/sdk'
import { scopeName } from '@swarmwatch/sdk/names'
import { decodeMetrics, decodeTraces, openHttpServer, type OtlpMetric, type OtlpSpan } from '@swarmwatch/testkit'
import { beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'

import { startTelemetry } from '../src/index.ts'

interface Definition {
  readonly name?: string | { readonly note: string }
  readonly type?: string
  readonly ref?: string
  readonly unit?: string
  readonly brief: string
  readonly instrument?: string
  readonly attributes: readonly { readonly ref: string }[]
}

const registry = (file: string): Record<string, readonly Definition[]> =>
  parse(readFileSync(new URL(`../../../registry/${file}.yaml`, import.meta.url), 'utf8')) as Record<string, readonly Definition[]>
const { metrics = [], metric_refinements: refinedMetrics = [] } = registry('metrics')
const { spans: ownSpans = [], span_refinements: refinedSpans = [] } = registry('spans')

/** Attributes that the registry lists and that this run does not send, with the reason. */
const notSent: Readonly<Record<string, string>> = {}

let sent: { readonly metrics: readonly OtlpMetric[]; readonly spans: readonly OtlpSpan[] }
beforeAll(async () => void (sent = await exportOfARun()))

/** The signals of the SDK; those of the process (`process.*`) are in the registry of the semantic conventions. */
const ours = <Item extends { readonly scope: string }>(items: readonly Item[]): readonly Item[] =>
  items.filter(({ scope }) => scope === scopeName)

test('every metric that OTLP carries is in the registry with the same kind, unit and description, and no other', () => {
  const carried = ours(sent.metrics).map(({ name, kind, unit, description }) => [name, kind.toLowerCase(), unit, description])
  const defined = [
    ...metrics.map(({ name, instrument, unit, brief }) => [name, instrument, unit, brief]),
    // A refinement inherits kind and unit
    ...refinedMetrics.map(({ ref, brief }) => {
      const { kind, unit } = ours(sent.metrics).find(({ name }) => name === ref) ?? {}
      return [ref, kind?.toLowerCase(), unit, brief]
    }),
  ]
  expect(distinct(carried)).toEqual(distinct(defined))
})

test('every attribute of a metric that OTLP carries is in the registry, and no other', () => {
  const carried = ours(sent.metrics).flatMap(({ name, points }) =>
    points.flatMap(({ attributes }) => Object.keys(attributes).map((key) => `${name} ${key}`)),
  )
  const defined = [...metrics, ...refinedMetrics].flatMap(({ name, ref, attributes }) =>
    attributes.map((attribute) => `${(name ?? ref) as string} ${attribute.ref}`),
  )
  expect(distinct(carried)).toEqual(distinct(defined.filter((each) => !(each in notSent))))
})

test('every span that OTLP carries is in the registry with its kind and attributes, and no other', () => {
  const definitions = [...ownSpans, ...refinedSpans].map(({ type, ref, name, attributes }) => ({
    of: (type ?? ref)!,
    pattern: patternOf((name as { note: string }).note),
    attributes: attributes.map((attribute) => attribute.ref),
  }))
  const carried = ours(sent.spans).flatMap(({ name, attributes }) => {
    const of = definitions.find(({ pattern }) => pattern.test(name))?.of ?? `no definition for ${name}`
    return Object.keys(attributes).map((key) => `${of} ${templateOf(key)}`)
  })
  const defined = definitions.flatMap(({ of, attributes }) => attributes.map((key) => `${of} ${key}`))
  expect(distinct(carried)).toEqual(distinct(defined.filter((each) => !(each in notSent))))
})

/** Runs an agent in every way that sends another name, and returns what a collector received. */
async function exportOfARun(): Promise<typeof sent> {
  await using collector = await openHttpServer((_, response) => response.writeHead(200).end())
  const telemetry = await startTelemetry({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    configFile: false,
    logger: { info() {}, warn() {}, error() {} },
    metrics: { port: 0 },
    monitor: { port: false },
  })
  const content = { captureInput: true, captureOutput: true, description: 'Used by a test.' }
  const search = instrumentTool(
    async (text: string) => {
      if (text === 'fail') throw Object.assign(new Error('no such page'), { code: 'ENOENT' })
      return text
    },
    { ...content, name: 'search' },
  )
  let calls = 0
  const agent = instrumentAgent(
    async (text: string) => {
      calls += 1
      if (calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
      const execution = currentExecution()!
      execution.addTokens({ input: 10, output: 5, model: 'm-1' })
      execution.addCost(0.01, { model: 'm-1' })
      return search(text)
    },
    { ...content, name: 'every-name', variant: 'a', logger: false, recovery: { baseDelaySeconds: 0.001, maxRetries: 1 } },
  )
  await agent('hello')
  await agent('fail').catch(() => {})
  startExecution('every-name').complete({ success: true, metrics: { score: 0.5 } })
  // A getter that throws is caught, and counted
  instrumentAgent(async () => {}, {
    name: 'guarded',
    attributes: {
      get broken(): string {
        throw new Error('broken')
      },
    },
  })
  await telemetry.shutdown()
  const bodies = (path: string): Buffer[] =>
    collector.requests.filter((request) => request.path === path).map(({ bytes }) => bytes)
  return { metrics: bodies('/v1/metrics').flatMap(decodeMetrics), spans: bodies('/v1/traces').flatMap(decodeTraces) }
}

/** `attempt {number}` as a pattern of span names. */
function patternOf(note: string): RegExp {
  return new RegExp(`^${note.replaceAll('`', '').replaceAll(/\{[^}]*\}/g, '\\S+')}$`)
}

/** The key of the registry: a template stands for every key that begins with it. */
function templateOf(key: string): string {
  return key.startsWith('swarmwatch.metric.') ? 'swarmwatch.metric' : key
}

function distinct(items: readonly unknown[]): unknown[] {
  return [...new Set(items.map((item) => JSON.stringify(item)))].toSorted().map((text) => JSON.parse(text) as unknown)
}
