import type { Labels, Sample } from './exported-series.ts'
import type { PastPrometheus, Span } from './past-prometheus.ts'
import { type Alert, isAlert, type Recording, type RuleGroup } from '../src/rule.ts'

/** An alert that fired for some time. */
export interface Firing {
  readonly alert: string
  readonly labels: Labels
  readonly fromSeconds: number
  readonly toSeconds: number
}

// The simulated series have one value a minute
const leastStepSeconds = 60
// Rules that read their own results look at least 22 hours back: this much is evaluated at once
const sliceSeconds = 22 * 3_600

/**
 * Evaluates alerts over the past, as Prometheus would have: slice by slice of the time, first the
 * recordings that they read, each after those that it reads itself, and then the alerts with `for` and
 * `keep_firing_for`. Further recordings can be evaluated too, to read them afterwards.
 */
export async function judgeRules(
  prometheus: PastPrometheus,
  groups: readonly RuleGroup[],
  alerts: readonly string[],
  span: Span,
  alsoEvaluated: readonly string[] = [],
): Promise<readonly Firing[]> {
  const rules = groups.flatMap((group) => group.rules.map((rule) => ({ rule, stepSeconds: stepOf(group) })))
  const judged = rules.flatMap(({ rule, stepSeconds }) =>
    isAlert(rule) && alerts.includes(rule.alert) ? [{ rule, stepSeconds }] : [],
  )
  const recordings = rules.flatMap(({ rule, stepSeconds }) => (isAlert(rule) ? [] : [{ rule, stepSeconds }]))
  const ordered = inOrder(recordings, [...judged.map(({ rule }) => rule.expr), ...alsoEvaluated])
  for (let start = span.start; start <= span.end; start += sliceSeconds) {
    const slice = { start, end: Math.min(span.end, start + sliceSeconds - 1) }
    for (const { rule, stepSeconds } of ordered) {
      const made = await prometheus.evaluate(rule.expr, aligned(slice, stepSeconds), stepSeconds)
      await prometheus.write(
        made.map(({ labels, samples }) => ({ labels: { ...labels, ...rule.labels, __name__: rule.record }, samples })),
      )
    }
  }
  const firings: Firing[] = []
  for (const { rule, stepSeconds } of judged) {
    for (const { labels, samples } of await prometheus.evaluate(rule.expr, aligned(span, stepSeconds), stepSeconds)) {
      const { __name__: _, ...rest } = labels
      for (const [fromSeconds, toSeconds] of firingTimes(samples, rule, stepSeconds)) {
        firings.push({ alert: rule.alert, labels: rest, fromSeconds, toSeconds })
      }
    }
  }
  return firings
}

function stepOf({ intervalSeconds = 30 }: RuleGroup): number {
  return Math.max(leastStepSeconds, intervalSeconds)
}

function aligned({ start, end }: Span, stepSeconds: number): Span {
  return { start: Math.ceil(start / stepSeconds) * stepSeconds, end }
}

interface Step {
  readonly rule: Recording
  readonly stepSeconds: number
}

/** The recordings that the queries need, each after those that it reads of its own slice. */
function inOrder(recordings: readonly Step[], queries: readonly string[]): readonly Step[] {
  const ordered: string[] = []
  const waiting = queries.flatMap((expr) => [...namesIn(expr, 'now'), ...namesIn(expr, 'past')])
  const add = (name: string, path: readonly string[]): void => {
    if (ordered.includes(name)) return
    if (path.includes(name)) throw new Error(`recordings read each other: ${[...path, name].join(', ')}`)
    const own = recordings.filter(({ rule }) => rule.record === name)
    for (const read of own.flatMap(({ rule }) => namesIn(rule.expr, 'now'))) add(read, [...path, name])
    ordered.push(name)
    waiting.push(...own.flatMap(({ rule }) => namesIn(rule.expr, 'past')))
  }
  while (waiting.length > 0) add(waiting.shift()!, [])
  return ordered.flatMap((name) => recordings.filter(({ rule }) => rule.record === name))
}

/** Recordings that an expression reads of now, or only of an earlier slice. */
function namesIn(expr: string, of: 'now' | 'past'): readonly string[] {
  const reads = [...expr.matchAll(/\b([a-z]+:[a-z_0-9]+:[a-z_0-9]+)(?:\{[^}]*\})?(?:\[\w+\])?(?: offset (\d+)([mhd]))?/g)]
  const seconds = { m: 60, h: 3_600, d: 86_400 }
  return reads
    .filter(([, , count, unit]) => {
      const back = count === undefined ? 0 : Number(count) * seconds[unit as 'm']
      return back >= sliceSeconds === (of === 'past')
    })
    .map(([, name]) => name!)
}

/** From when until when an alert fires whose expression has results at these times. */
function firingTimes(
  samples: readonly Sample[],
  { forSeconds, keepFiringForSeconds = 0 }: Alert,
  stepSeconds: number,
): readonly (readonly [number, number])[] {
  const firings: [number, number][] = []
  let since: number | undefined
  let last: number | undefined
  for (const [time] of samples) {
    if (last === undefined || time - last > stepSeconds) {
      const current = firings.at(-1)
      const isKept = current !== undefined && current[1] === last && time - last - stepSeconds < keepFiringForSeconds
      if (!isKept) since = time
    }
    last = time
    if (time - since! < forSeconds) continue
    const current = firings.at(-1)
    if (current !== undefined && current[0] >= since!) current[1] = time
    else firings.push([time, time])
  }
  return firings
}
