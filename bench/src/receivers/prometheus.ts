import { incidents } from './incidents.ts'
import { pace } from './pace.ts'

/** What Prometheus does to Alertmanager: it says again and again what fires, and what is over. */
export interface Prometheus extends Disposable {
  /** When Alertmanager first took the alerts, by `performance.now()`. */
  readonly fire: () => Promise<number>
  /** All are over. */
  readonly resolve: () => Promise<void>
}

export function openPrometheus(alertmanagerUrl: string): Prometheus {
  const startsAt = new Date()
  let endsAt: Date | undefined
  let timer: NodeJS.Timeout | undefined

  async function post(): Promise<void> {
    const until = endsAt ?? new Date(Date.now() + 4 * pace.resendMs)
    const alerts = incidents.map((alertname) => ({
      labels: { alertname, severity: 'critical', job: 'bench' },
      annotations: { summary: `${alertname} is bad` },
      startsAt,
      endsAt: until,
    }))
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${alertmanagerUrl}/api/v2/alerts`, { method: 'POST', headers, body: JSON.stringify(alerts) })
    if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`)
  }

  return {
    fire: async () => {
      await post()
      const acceptedAt = performance.now()
      // one that is down is told the next time
      timer = setInterval(() => void post().catch(() => {}), pace.resendMs)
      return acceptedAt
    },
    resolve: async () => {
      endsAt = new Date()
      await post().catch(() => {})
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
