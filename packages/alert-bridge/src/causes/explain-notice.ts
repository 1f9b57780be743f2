import { jobAnnotation, type RunChoice, runChoices, runsAnnotation, traceUrl } from '@swarmwatch/config'

import { affectedAlerts, agentOf } from '../message/alert-facts.ts'
import type { Notice, NoticeAlert } from '../message/notice.ts'
import { outageLines } from '../outage-lines.ts'
import { inTime, reasonOf } from './in-time.ts'
import { recentAnswers } from './recent-answers.ts'
import { type Cause, causeAmong, type RunSearch, type TraceStore } from './runs.ts'

/** Options for {@link openExplanations}. */
export interface ExplanationOptions {
  /** @default messages link to a list of runs instead of one */
  readonly traces?: TraceStore | undefined
  /** Address of a trace, with `{trace_id}`. @default none, so that traces are not searched */
  readonly traceLink?: string | undefined
  /** Address of Grafana, for alerts about agents whose rule has no link to a dashboard. @default none */
  readonly grafanaUrl?: string | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  /** Maximum time of the search for one message, in milliseconds. @default 2000 */
  readonly timeoutMs?: number
}

/**
 * Adds to a notice about agents what leads to the cause: the trace of a run that explains it, the ids of up to three such runs, and the
 * dashboard at that time. Never rejects, and takes at most `timeoutMs`: without an answer of the store, the notice keeps the link to the
 * list of runs that its rule has.
 */
export type ExplainNotice = (notice: Notice) => Promise<Notice>

const kinds: ReadonlySet<Notice['kind']> = new Set(['firing', 'repeat', 'escalation', 'acknowledged', 'resolved'])
const maxAgents = 3
const beforeMs = 30 * 60_000
const longestMs = 24 * 3_600_000
/** A search is repeated for a message that is sent later than this. */
const freshMs = 60_000
const maxKept = 500
const maxAtOnce = 8
/** After a failure, the store is left alone for this time, so that an outage delays one message, not all. */
const pauseMs = 30_000

/** Returns the function that explains notices; nothing is connected before the first one. */
export function openExplanations({
  traces,
  traceLink,
  grafanaUrl,
  now,
  write,
  timeoutMs = 2_000,
}: ExplanationOptions): ExplainNotice {
  const recent = recentAnswers<Promise<Cause | undefined>>({ now, freshMs, maxKept })
  const running = new Set<Promise<unknown>>()
  let failedAtMs = Number.NEGATIVE_INFINITY
  const outage = outageLines(write)

  function causeOf(search: RunSearch): Promise<Cause | undefined> {
    const key = JSON.stringify([search.service, search.agent, search.choice, search.fromMs])
    const before = recent.get(key)
    if (before !== undefined) return before
    if (traces === undefined || now() - failedAtMs < pauseMs) return Promise.resolve(undefined)
    const cause = ask(traces, search)
    recent.set(key, cause)
    return cause
  }

  async function ask(store: TraceStore, search: RunSearch): Promise<Cause | undefined> {
    try {
      const runs = await inTime(async (signal) => {
        while (running.size >= maxAtOnce && !signal.aborted) await Promise.race(running)
        const found = store.findRuns(search, signal)
        const ended = found.catch(() => {}).finally(() => running.delete(ended))
        running.add(ended)
        return found
      }, timeoutMs)
      outage.works(`[BRIDGE] traces at ${store.host} can be searched again`)
      return causeAmong(runs, search.choice)
    } catch (error) {
      failedAtMs = now()
      outage.fails(
        `[BRIDGE] traces at ${store.host} cannot be searched (${reasonOf(error, timeoutMs)}); messages link to the list of runs instead of one run`,
      )
      return undefined
    }
  }

  return async (notice) => {
    // the message about each incident has its own
    if (!kinds.has(notice.kind) || notice.incidents !== undefined) return notice
    const agents = agentsOf(notice, now())
    const linked = { ...notice, links: { ...notice.links, ...dashboardLink(notice, agents[0], grafanaUrl) } }
    if (agents.length === 0 || traceLink === undefined) return linked
    const causes = await Promise.all(agents.map(async (search) => ({ search, cause: await causeOf(search) })))
    const found = causes.flatMap(({ search, cause }) => {
      const url = cause && traceUrl(traceLink, cause.traceId)
      const name = agents.length > 1 ? `${search.choice} trace of ${search.agent}` : `${search.choice} trace`
      return cause === undefined || url === undefined ? [] : [{ name, url, ids: cause.executionIds }]
    })
    if (found.length === 0) return linked
    return {
      ...linked,
      links: { ...linked.links, ...Object.fromEntries(found.map(({ name, url }) => [name, url])) },
      executionIds: found.flatMap(({ ids }) => ids).slice(0, 3),
    }
  }
}

/** The searches for the agents of a notice, each once. */
function agentsOf(notice: Notice, nowMs: number): RunSearch[] {
  const searches = affectedAlerts(notice).flatMap((alert) => searchFor(alert, nowMs) ?? [])
  return [...Map.groupBy(searches, ({ service, agent }) => `${service}\n${agent}`).values()]
    .map(([first]) => first!)
    .slice(0, maxAgents)
}

function searchFor(alert: NoticeAlert, nowMs: number): RunSearch | undefined {
  // rules in a process have the label service, and those about an agent in all its jobs an annotation
  const { service = alert.annotations[jobAnnotation] ?? '', job = service, agent_name: agent = '' } = alert.labels
  if (job === '' || agent === '') return undefined
  const startMs = Date.parse(alert.startsAt)
  const endMs = alert.status === 'resolved' ? Date.parse(alert.endsAt ?? '') : Number.NaN
  const toMs = Number.isFinite(endMs) ? Math.min(endMs, nowMs) : nowMs
  const fromMs = Math.max((Number.isFinite(startMs) ? startMs : nowMs) - beforeMs, toMs - longestMs)
  // the Collector makes `job` of namespace and name
  return fromMs < toMs ? { service: job.replace(/^.*\//, ''), agent, choice: choiceOf(alert), fromMs, toMs } : undefined
}

function choiceOf({ annotations }: NoticeAlert): RunChoice {
  return runChoices.find((choice) => choice === annotations[runsAnnotation]) ?? 'failed'
}

/**
 * The dashboard at the time of the alert: of an alert that is resolved until half an hour after its end, and for an alert without a link
 * the dashboard of its agent.
 */
function dashboardLink(notice: Notice, first: RunSearch | undefined, grafanaUrl: string | undefined): Record<string, string> {
  const given = notice.links?.['dashboard']
  const [alert] = affectedAlerts(notice)
  const agent = alert && agentOf(alert)
  if (given === undefined && (grafanaUrl === undefined || agent === undefined)) return {}
  const link = URL.parse(given ?? `${grafanaUrl!.replace(/\/+$/, '')}/d/agent-detail`)
  if (link === null) return {}
  if (given === undefined) {
    link.searchParams.set('var-agent', agent!)
    link.searchParams.set('from', String(first?.fromMs ?? Date.parse(notice.startedAt ?? '') - beforeMs))
    link.searchParams.set('to', 'now')
  }
  const endMs = Date.parse(notice.endedAt ?? '')
  if (link.searchParams.get('to') !== 'now' || !(endMs > 0)) return given === undefined ? { dashboard: link.href } : {}
  // in place, because the rest of the link stays as the rule wrote it
  return { dashboard: link.href.replace(/([?&]to=)now(?=&|#|$)/, `$1${endMs + beforeMs}`) }
}
