import { join } from 'node:path'

import { eventually } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { type FilledStack, fillStack } from './filled-stack.ts'
import { panelQueries } from './panel-queries.ts'
import { root } from '../../engines/stack-files.ts'
import { query, seriesOf } from '../../engines/run-engines.ts'
import { labelNames } from '../label-names.ts'
import { metricNames } from '../metric-names.ts'
import { panelsWithoutData } from '../panels-without-data.ts'
import { readExpressions } from '../read-expressions.ts'
import { ruleFiles } from '../../src/rule-files.ts'
import { readMixinSettings } from '../../src/settings.ts'

const settings = readMixinSettings(join(root, 'config/production.yaml'))
const expressions = readExpressions(settings)
const queries = panelQueries(settings)
const panels = [...new Set(queries.map(({ dashboard, panel }) => `${dashboard}: ${panel}`))]

/** Series that such a run does not have, and why. */
const bornLate: Readonly<Record<string, string>> = {
  'process:tool_calls:sum': 'it exists where an agent has a daily limit of tool calls',
  'agent:anomaly_outside:recent': 'it exists while a value is unusual',
  'agent:anomaly_steady:recent': 'it needs usual values of half an hour before',
  'agent:anomaly_trend:88m': 'it needs usual values of two hours',
  'swarm:cost_usd:trend_7d': 'it needs the means of several days',
  'swarm:cost_usd:trend_days': 'it needs the means of several days',
  'swarm:cost_usd:trend_rest': 'it needs the means of several days',
  'swarm:cost_usd:day_variance': 'it needs the means of several days',
  'swarm:cost_usd:trend_variance_7d': 'it needs the means of several days',
  'swarm:cost_usd:change_7d': 'it compares with the week before',
  'swarm:cost_usd:week_deviation_1d': 'it compares with the week before',
  prometheus_tsdb_out_of_bound_samples_total: 'Prometheus has it from the first sample on that is refused so',
  prometheus_tsdb_out_of_order_samples_total: 'Prometheus has it from the first sample on that is refused so',
  agent_stuck_run_seconds: 'the SDK has it while a run makes no progress',
  'agent:execution_duration_seconds:p99_7d': 'it is evaluated at every whole ten minutes',
  'agent:scores:week_before': 'it needs scores of the days before',
  'agent:score:mean_week_before': 'it needs scores of the days before',
  'agent:score_drop:z': 'it needs scores of the days before',
  worker_queue_tasks: 'a worker with WORKER_DATABASE_URL has it; a test of the worker reads it',
  worker_queue_oldest_seconds: 'a worker with WORKER_DATABASE_URL has it; a test of the worker reads it',
  'bridge:notification_balance:settled': 'it exists after three minutes without a notification',
  bridge_database_failures_total: 'a bridge on PostgreSQL has it; a test of the bridge reads it',
  bridge_database_wait_seconds_total: 'a bridge on PostgreSQL has it; a test of the bridge reads it',
  bridge_database_size_bytes: 'a bridge on PostgreSQL has it; a test of the bridge reads it',
  bridge_database_standby_lag_seconds: 'a bridge on PostgreSQL with a standby has it',
  bridge_incident_acknowledge_seconds: 'no one acknowledges an alert there; a test of the bridge reads it',
  bridge_incident_acknowledge_seconds_bucket: 'no one acknowledges an alert there; a test of the bridge reads it',
  bridge_alerts_missing: 'a bridge with ALERTMANAGER_URL has it',
  bridge_heartbeats_total: 'the bridge has it where it sends heartbeats to other regions',
}
/** The same for labels, by series; `` is any. */
const lateLabels: Readonly<Record<string, readonly string[]>> = {
  // the SDK of OpenTelemetry sets it when a metric has too many label values
  '': ['otel_metric_overflow', '__name__', ...(settings.histograms === 'native' ? ['le'] : [])],
  'bridge:notification_balance:settled': ['receiver'],
  bridge_incident_acknowledge_seconds: ['job', 'severity'],
  bridge_incident_acknowledge_seconds_bucket: ['job', 'severity'],
  bridge_alerts_missing: ['job'],
  bridge_database_failures_total: ['job', 'instance'],
  bridge_database_wait_seconds_total: ['job', 'instance'],
  bridge_database_size_bytes: ['job', 'instance'],
  bridge_database_standby_lag_seconds: ['job', 'instance'],
  worker_queue_tasks: ['job', 'deployment_environment_name', 'cloud_region', 'state'],
  worker_queue_oldest_seconds: ['job', 'deployment_environment_name', 'cloud_region'],
  agent_stuck_run_seconds: ['job', 'deployment_environment_name', 'cloud_region', 'agent_name', 'instance'],
  'agent:score_drop:z': ['job', 'deployment_environment_name', 'cloud_region', 'gen_ai_evaluation_name'],
}

/** Labels of every series, by its name. */
type Known = ReadonlyMap<string, ReadonlySet<string>>

describe.skipIf(!hasDocker)(
  'in a Prometheus that the reference swarm has filled through the Collector',
  { timeout: 600_000 },
  () => {
    let stack: FilledStack
    // The use of daily budgets is sampled at every whole five minutes: the start waits for one
    beforeAll(async () => void (stack = await fillStack(ruleFiles(settings))), 900_000)
    afterAll(async () => stack?.close())

    // First, because these losses are of one moment: their alerts end after five minutes
    test('alerts fire when a queue of the Collector fills, when it refuses and drops data, and when Prometheus rejects samples', async () => {
      const expected = ['CollectorDroppingData', 'CollectorExporterQueueFilling', 'CollectorRefusingData', 'OtlpRejectedSamples']
      await comesTo(expected, async () => {
        const firing = await query(stack.prometheus, 'group by (alertname) (ALERTS{alertstate="firing"})')
        // The metric behind it must show the full queue too
        expect(await query(stack.prometheus, 'collector:queue_fill:ratio{exporter="otlp_grpc/stuck"} > 0.7')).not.toEqual([])
        return firing.map(({ metric }) => metric['alertname']!).filter((name) => expected.includes(name))
      })
    })

    test('every series that a rule, a panel or a runbook reads exists, with the labels that it reads', async () => {
      await comesTo([], async () => missingIn(await knownTo(stack)))
    })

    test('every panel shows data, except those that are listed with a reason', async () => {
      const empty = await comesTo(Object.keys(panelsWithoutData), async () => emptyPanels(stack))
      console.log(
        `${panels.length - empty.length} of ${panels.length} panels show data. Grafana cannot run here: their queries were asked.`,
      )
      for (const panel of empty) console.log(`no data: ${panel}: ${panelsWithoutData[panel]}`)
      expect(empty.length / panels.length).toBeLessThanOrEqual(0.06)
    })

    test('every label of a legend or a column is in a result', async () => {
      await comesTo([], async () => unansweredLabels(stack))
    })
  },
)

/** Asks until the result is as expected; otherwise the test fails and shows the difference. */
async function comesTo(expected: readonly string[], ask: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let last: readonly string[] = []
  const same = (): boolean => JSON.stringify(last.toSorted()) === JSON.stringify(expected.toSorted())
  // Hundreds of queries are asked at a time
  const patience = { withinMs: 300_000, everyMs: 1_000 }
  await eventually('the answer', async () => ((last = await ask()), same() ? true : undefined), patience).catch(() => {})
  expect(last.toSorted()).toEqual(expected.toSorted())
  return last
}

async function knownTo({ prometheus }: FilledStack): Promise<Known> {
  const known = new Map<string, Set<string>>()
  for (const { __name__: name, ...labels } of await seriesOf(prometheus, '{__name__=~".+"}')) {
    known.set(name!, new Set([...(known.get(name!) ?? []), ...Object.keys(labels)]))
  }
  return known
}

function missingIn(known: Known): readonly string[] {
  return expressions.flatMap(({ of, expr, labels }) => {
    const names = metricNames(expr)
    const read = names.length === 0 ? [...known.keys()] : names
    const made = [...expr.matchAll(/"(\w+)", "[^"]*", "\w*", "[^"]*"\s*\)|count_values\("(\w+)"/g)].map(
      ([, replaced, counted]) => (replaced ?? counted)!,
    )
    const onThem = new Set([
      ...made,
      ...['', ...read].flatMap((name) => [...(known.get(name) ?? replacement(name, known) ?? []), ...(lateLabels[name] ?? [])]),
    ])
    return [
      ...names
        .filter((name) => !known.has(name) && !(name in bornLate) && replacement(name, known) === undefined)
        .map((name) => `${name} (${of})`),
      ...[...labelNames(expr), ...labels].filter((name) => !onThem.has(name)).map((name) => `label ${name} (${of})`),
    ]
  })
}

/** Labels of the native histogram that is now in place of this part of a classic one: rules read both. */
function replacement(name: string, known: Known): ReadonlySet<string> | undefined {
  return settings.histograms === 'native' ? known.get(name.replace(/_(bucket|sum|count)(?=$|:)/, '')) : undefined
}

/** Panels with a query that has no answer. */
async function emptyPanels({ prometheus }: FilledStack): Promise<readonly string[]> {
  const answers = await Promise.all(
    queries.map(async ({ dashboard, panel, expr }) => ({
      panel: `${dashboard}: ${panel}`,
      isEmpty: (await query(prometheus, expr)).length === 0,
    })),
  )
  return [...new Set(answers.filter(({ isEmpty }) => isEmpty).map(({ panel }) => panel))]
}

/** Labels that a legend or a column shows and no series of the answer has. */
async function unansweredLabels({ prometheus }: FilledStack): Promise<readonly string[]> {
  const answered = queries.filter(({ dashboard, panel }) => !(`${dashboard}: ${panel}` in panelsWithoutData))
  const problems = answered.map(async ({ panel, name, expr, labels }) => {
    const answer = await query(prometheus, expr)
    return labels.filter((label) => !answer.some(({ metric }) => label in metric)).map((label) => `${label} (${panel} ${name})`)
  })
  return (await Promise.all(problems)).flat()
}
