import { randomUUID } from 'node:crypto'

/** The part of a group of alerts that the bare servers read. */
export interface Group {
  readonly groupLabels: { readonly alertname: string; readonly agent_name: string }
  readonly commonAnnotations: { readonly runbook_url: string; readonly dashboard_url: string }
  readonly externalURL: string
  readonly alerts: readonly {
    readonly status: string
    readonly labels: { readonly severity: string }
    readonly annotations: object
    readonly startsAt: string
    readonly generatorURL: string
  }[]
}

const prefix = randomUUID().slice(0, 8)
let ids = 0

/** Values of {@link rowsOf}. */
export interface BareRows extends Record<
  'id' | 'deliveryId' | 'dedupeKey' | 'groupKey' | 'incidentKey' | 'severity' | 'title' | 'agent' | 'notice' | 'sender',
  string
> {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly escalateAt: number
}

/** The values of the rows that the bridge writes for a new group: as long, and in an index at the same places. */
export function rowsOf({ groupLabels, commonAnnotations, externalURL, alerts }: Group): BareRows {
  const at = Date.now()
  const groupKey = scatteredKey()
  const incidentKey = `${at.toString(36)}.${groupKey.slice(0, 16)}`
  const { alertname: title, agent_name: agent } = groupLabels
  const { labels, startsAt: startedAt } = alerts[0]!
  const { severity } = labels
  const notice = {
    kind: 'firing',
    severity,
    incidentKey,
    title,
    alerts: alerts.map(({ status, labels, annotations, startsAt, generatorURL: generatorUrl }) => {
      return { status, labels, annotations, startsAt, generatorUrl }
    }),
    startedAt,
    links: {
      runbook: commonAnnotations.runbook_url,
      dashboard: commonAnnotations.dashboard_url,
      alertmanager: externalURL,
    },
  }
  return {
    id: orderedId(at),
    deliveryId: orderedId(at),
    dedupeKey: scatteredKey(),
    groupKey,
    incidentKey,
    severity,
    title,
    agent,
    notice: JSON.stringify(notice),
    sender: externalURL,
    at,
    escalateAt: at + 900_000,
  }
}

/** Ids follow each other in an index. */
function orderedId(at: number): string {
  return `${at.toString(16)}-${(ids += 1).toString(16).padStart(15, '0')}-${prefix}`
}

/** Hashes are all over an index. */
function scatteredKey(): string {
  return (randomUUID() + randomUUID()).replaceAll('-', '')
}
