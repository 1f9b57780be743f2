import { join, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { hasHistograms, withNativeHistograms } from './native-series.ts'
import { promtoolTest, type PromtoolTest } from './promtool-test.ts'
import type { HistogramMode } from '../../src/histograms.ts'
import { renderRuleFile } from '../../src/render-rule-file.ts'
import { type Alert, isAlert, type Recording } from '../../src/rule.ts'
import { type RuleFile, ruleFiles } from '../../src/rule-files.ts'
import { readMixinSettings } from '../../src/settings.ts'
import { variableOf } from '../../src/dashboards/links.ts'

/**
 * Expected texts and labels of an alert when it fires; the labels and links of all alerts are
 * added.
 */
export interface Firing {
  /** @default the severity of the only alert of that name */
  readonly severity?: string
  readonly labels?: Readonly<Record<string, string>>
  /** The job in which most executions of the agent were, for an alert without this label. @default none */
  readonly job?: string
  readonly summary: string
  readonly description: string
  /**
   * When the condition began to hold (`11m30s` after the start). Absent: it fires at its first
   * evaluation.
   */
  readonly since?: string
}

/**
 * A promise about rules: these series, then silence or an alert at these times, or these values.
 */
export interface Promised {
  /** Series and their values, as promtool writes them (`0+1x60`), one value each `every`. */
  readonly series: Readonly<Record<string, string>>
  readonly every?: string
  readonly silentAt?: readonly string[]
  /** Every alert of the name that fires then. */
  readonly firesAt?: Readonly<Record<string, Firing | readonly Firing[]>>
  /**
   * Values of queries to six decimals, by query and time; the name of the metric is left out of the
   * labels.
   */
  readonly values?: Readonly<Record<string, Readonly<Record<string, readonly Sample[]>>>>
}

export interface Sample {
  readonly labels: string
  readonly value: number
}

const settings = readMixinSettings(join(resolve(import.meta.dirname, '../../../..'), 'config/production.yaml'))
const links = { grafana_url: 'http://grafana.test', runbooks_url: 'http://runbooks.test' }

type Rule = Recording | Alert

export interface PromiseOptions {
  /** @default '30s' */
  readonly evaluationInterval?: string
  /** Whether promises with histograms are also tested for other kinds of them. @default true */
  readonly variants?: boolean
}

/**
 * One test for each promise about an alert; all of them run in one promtool. Where the series have histograms, the promise must hold for
 * native ones as well; and for a store of classic ones alone, with the rules that are generated for it.
 */
export function alertPromises(
  alertname: string,
  promises: Readonly<Record<string, Promised>>,
  { evaluationInterval = '30s', variants = true }: PromiseOptions = {},
): void {
  describe.skipIf(!hasDocker)(alertname, () => {
    // Begun before the first test runs, so that the promtools of a file run side by side
    const tests = Object.entries(promises).flatMap(([name, promised]) => {
      const native = { ...promised, series: withNativeHistograms(promised.series) }
      return [
        [name, promised] as const,
        ...(variants && hasHistograms(promised.series) ? [[`${name} (native)`, native] as const] : []),
      ]
    })
    const inClassicStore = Object.entries(promises).filter(([, { series }]) => variants && hasHistograms(series))
    const run = (of: readonly (readonly [string, Promised])[], histograms: HistogramMode) =>
      hasDocker && of.length > 0
        ? promtoolTest(
            rulesFor(
              alertname,
              of.map(([, promised]) => promised),
              histograms,
            ),
            evaluationInterval,
            of.map(([name, promised]) => promtoolOf(name, alertname, promised)),
          )
        : undefined
    const running = run(tests, 'native')
    const runningClassic = run(inClassicStore, 'classic')
    for (const each of [running, runningClassic]) each?.catch(() => {})
    for (const [name] of tests) test(name, async () => expect((await running)?.get(name)).toBe(''))
    for (const [name] of inClassicStore) {
      test(`${name} (classic rules)`, async () => expect((await runningClassic)?.get(name)).toBe(''))
    }
  })
}

/**
 * The alert, from its file and those whose recordings it reads, without the rules that neither the alert nor a query of the promises
 * needs: weeks of samples would wait for them.
 */
function rulesFor(alertname: string, promises: Iterable<Promised>, histograms: HistogramMode): readonly RuleFile[] {
  const files = ruleFiles({ ...settings, histograms })
  const isOwn = (rule: Rule): boolean => isAlert(rule) && rule.alert === alertname
  const own = files.find(({ groups }) => groups.some(({ rules }) => rules.some(isOwn)))
  const readable = files.filter((file) => file === own || own?.reads.includes(file.name))
  const only = (isKept: (rule: Rule) => boolean): readonly RuleFile[] =>
    readable.flatMap((file) => {
      const groups = file.groups.map((group) => ({ ...group, rules: group.rules.filter(isKept) }))
      const some = groups.filter(({ rules }) => rules.length > 0)
      return some.length === 0 ? [] : [{ ...file, groups: some }]
    })
  const recordings = readable
    .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
    .filter((rule): rule is Recording => !isAlert(rule))
  const needed = new Set<string>()
  const read = (text: string): void => {
    for (const [name] of text.matchAll(/[a-z_:][\w:]*/gi)) {
      if (needed.has(name)) continue
      needed.add(name)
      for (const { record, expr } of recordings) if (record === name) read(expr)
    }
  }
  const text = only(isOwn).map(renderRuleFile).join('\n')
  if (/\bALERTS\b/.test(text)) return readable
  read(text)
  for (const { values = {} } of promises) for (const query of Object.keys(values)) read(query)
  return only((rule) => isOwn(rule) || (!isAlert(rule) && needed.has(rule.record)))
}

function promtoolOf(name: string, alertname: string, promised: Promised): PromtoolTest {
  const { series, every = '15s', silentAt = [], firesAt = {}, values = {} } = promised
  return {
    name,
    interval: every,
    input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
    external_labels: links,
    alert_rule_test: [
      ...silentAt.map((eval_time) => ({ eval_time, alertname })),
      ...Object.entries(firesAt).map(([eval_time, firing]) => ({
        eval_time,
        alertname,
        exp_alerts: [firing].flat().map((each) => expectedAlert(alertname, each)),
      })),
    ],
    promql_expr_test: Object.entries(values).flatMap(([expr, byTime]) =>
      // promtool leaves out the name of a test where a value is wrong, but shows the query
      Object.entries(byTime).map(([eval_time, exp_samples]) => ({
        expr: `round(${expr}, 1e-6) # ${name}`,
        eval_time,
        exp_samples,
      })),
    ),
  }
}

function expectedAlert(alertname: string, { severity, labels = {}, job, summary, description, since }: Firing): object {
  const alert = alertNamed(alertname, severity)
  const ofIdentity = alert.identity.filter((name) => alert.dashboard !== 'pipeline' && variableOf[name] !== undefined)
  const variables = ofIdentity.map((name) => `&var-${variableOf[name]}=${encodeURIComponent(labels[name] ?? '')}`)
  return {
    exp_labels: { severity: alert.severity, category: alert.category, ...labels },
    exp_annotations: {
      summary,
      description: description + (since === undefined ? '' : ` Since ${wordsOf(since)} UTC.`),
      runbook_url: `${links.runbooks_url}/${alertname}.md`,
      dashboard_url: `${links.grafana_url}/d/${alert.dashboard}?from=${fromOf(since)}&to=now${variables.join('')}`,
      ...(alert.identity.includes('agent_name') && { traces_url: tracesUrl({ job, ...labels }, fromOf(since), alert.runs) }),
      ...(job !== undefined && { __job: job }),
      ...(alert.runs !== undefined && { __runs: alert.runs }),
      ...chartOf(alert, labels),
    },
  }
}

/** The query has a matcher for each label of the identity, also for one that the alert lacks. */
function chartOf({ chart, identity }: Alert, labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (chart === undefined) return {}
  const matchers = identity.map((name) => `${name}=${JSON.stringify(labels[name] ?? '')}`).join(', ')
  return {
    __chart_query: chart.query(matchers),
    __chart_title: chart.title,
    __chart_unit: chart.unit,
    ...(chart.limit !== undefined && { __chart_limit: String(chart.limit) }),
  }
}

/**
 * Explore with a search in Jaeger for the runs of the agent, by the service that its job is named
 * after; for failed ones, unless others explain the alert.
 */
function tracesUrl(
  { agent_name: agent = '', job = '' }: Readonly<Record<string, string | undefined>>,
  from: string,
  runs: Alert['runs'],
): string {
  const datasource = { type: 'jaeger', uid: 'traces' }
  const operation = `invoke_agent ${agent}`
  const service = job.replace(/^.*\//, '')
  const tags = runs === undefined ? { tags: 'error=true' } : {}
  const query = { refId: 'traces', datasource, queryType: 'search', service, operation, ...tags }
  const panes = { traces: { datasource: 'traces', queries: [query], range: { from, to: 'now' } } }
  return `${links.grafana_url}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`
}

/** Half an hour before, in milliseconds. */
function fromOf(since: string | undefined): string {
  return since === undefined ? 'now-1h' : String((secondsOf(since) - 1_800) * 1_000)
}

/** `1970-01-01 00:11` */
function wordsOf(since: string): string {
  return new Date(secondsOf(since) * 1_000).toISOString().slice(0, 16).replace('T', ' ')
}

/** Of a time such as `1d2h`, `11m30s`. */
function secondsOf(time: string): number {
  const units: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 }
  return [...time.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0)
}

function alertNamed(name: string, severity: string | undefined): Alert {
  const rules = ruleFiles(settings).flatMap(({ groups }) => groups.flatMap((group) => group.rules))
  const found = rules.filter(isAlert).find((rule) => rule.alert === name && (severity ?? rule.severity) === rule.severity)
  if (found === undefined) throw new Error(`no alert ${name} with severity ${severity}`)
  return found
}
