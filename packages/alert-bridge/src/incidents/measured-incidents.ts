import type { BridgeMetrics } from '../metrics/bridge-metrics.ts'
import type { ChangedIncident, Incidents } from '../outbox/incidents.ts'

/** Incidents that also record how long people take to acknowledge and to resolve them. */
export function measuredIncidents(
  { changeIncident }: Pick<Incidents, 'changeIncident'>,
  metrics: Pick<BridgeMetrics, 'acknowledged' | 'resolved'>,
): Pick<Incidents, 'changeIncident'> {
  return {
    changeIncident: async (key, now, decide) => {
      const changed = await changeIncident(key, now, decide)
      if (changed?.isChanged === true) record(changed, now)
      return changed
    },
  }

  function record({ before, after }: ChangedIncident, now: number): void {
    const seconds = Math.max(now - after.openedAt, 0) / 1000
    if (before.acknowledgedAt === undefined && after.acknowledgedAt !== undefined) metrics.acknowledged(after.severity, seconds)
    if (before.state !== 'resolved' && after.state === 'resolved') metrics.resolved(after.severity, seconds)
  }
}
