import { setTimeout as delay } from 'node:timers/promises'

import { activeAlerts, askPrometheus, mailTexts, type ProductionStack } from '@swarmwatch/testkit/stack'

/** Result for an alert: mailed, not mailed by design (with the reason), lost, or mailed by mistake. */
export type Fate = 'mailed' | 'muted' | 'too short' | 'LOST' | 'MAILED THOUGH MUTED'

/** Alertmanager notifies of a group after 30 s, and of one that was muted as a whole, five minutes later. */
const groupWaitSeconds = 30
const groupIntervalSeconds = 300
const evaluatedEverySeconds = 30

/** Looks through the mailbox for each of the alerts: in a subject of its own, or in the list of a digest. */
export async function fatesOf(stack: ProductionStack, fired: readonly FiredAlert[]): Promise<ReadonlyMap<FiredAlert, Fate>> {
  const texts = await mailTexts(stack)
  const isMailed = ({ name, about }: FiredAlert): boolean =>
    texts.some((text) => text.split('\n').some((line) => line.includes(name)) && text.includes(about))
  return new Map(fired.map((alert) => [alert, isMailed(alert) ? whetherDue(alert) : whyNot(alert)]))
}

/** Unmuted for the moment in which Alertmanager had restarted and did not know all alerts yet. */
function whetherDue({ wasMuted, unmutedSeconds }: FiredAlert): Fate {
  return wasMuted && unmutedSeconds < groupWaitSeconds ? 'MAILED THOUGH MUTED' : 'mailed'
}

function whyNot({ wasMuted, unmutedSeconds, firedSeconds }: FiredAlert): Fate {
  if (wasMuted && unmutedSeconds < groupIntervalSeconds) return 'muted'
  return firedSeconds <= groupWaitSeconds + evaluatedEverySeconds ? 'too short' : 'LOST'
}

/** An alert that Prometheus saw firing. */
export interface FiredAlert {
  readonly name: string
  readonly severity: string
  /** The agent, or the job, that it is about; empty when it is about the whole. */
  readonly about: string
  /** How long Prometheus saw it fire, to the half minute. */
  readonly firedSeconds: number
  /** How long Alertmanager had it and did not mute it, to a few seconds; not counted while Alertmanager was away. */
  readonly unmutedSeconds: number
  readonly wasMuted: boolean
}

/** Looks at Alertmanager's alerts all the time, because only it knows which are muted. */
export interface AlertWatch {
  /** All that has fired so far, but the Watchdog. */
  fired(): Promise<readonly FiredAlert[]>
  end(): void
}

const everyMs = 5_000

/** Begins at once. */
export function watchAlerts(stack: ProductionStack): AlertWatch {
  const ending = new AbortController()
  const seen = new Map<string, { unmutedMs: number; wasMuted: boolean }>()

  async function watch(): Promise<void> {
    let lastMs = performance.now()
    while (!ending.signal.aborted) {
      // Away when it was just killed
      const alerts = await activeAlerts(stack).catch(() => [])
      const nowMs = performance.now()
      for (const { labels, status } of alerts) {
        const own = seen.get(keyOf(labels)) ?? { unmutedMs: 0, wasMuted: false }
        if (status.state === 'suppressed') own.wasMuted = true
        else own.unmutedMs += nowMs - lastMs
        seen.set(keyOf(labels), own)
      }
      lastMs = nowMs
      await delay(everyMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  void watch()
  return {
    async fired() {
      const times = 'count_over_time(ALERTS{alertstate="firing", alertname!="Watchdog"}[40m])'
      const longest = `max by (alertname, severity, job, agent_name) (${times})`
      return (await askPrometheus(stack, longest)).map(({ labels, value }) => ({
        name: labels['alertname'] ?? '',
        severity: labels['severity'] ?? '',
        about: aboutOf(labels),
        firedSeconds: value * evaluatedEverySeconds,
        unmutedSeconds: Math.round((seen.get(keyOf(labels))?.unmutedMs ?? 0) / 1000),
        wasMuted: seen.get(keyOf(labels))?.wasMuted ?? false,
      }))
    },
    end: () => ending.abort(),
  }
}

type Labels = Readonly<Record<string, string>>

const aboutOf = (labels: Labels): string => labels['agent_name'] ?? labels['job'] ?? ''
const keyOf = (labels: Labels): string => [labels['alertname'], labels['severity'], labels['job'], labels['agent_name']].join(' ')
