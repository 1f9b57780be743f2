import type { Severity } from '@swarmwatch/config'

import { affectedAgents } from '../../message/alert-facts.ts'
import { cutText } from '../../message/clean-text.ts'
import { noticeLinks } from '../../message/notice-links.ts'
import { noticeTimes } from '../../message/notice-times.ts'
import type { Notice, NoticeAlert, NoticeKind } from '../../message/notice.ts'
import { plainText } from '../../message/message-content.ts'

/** An alert as Alertmanager's webhook writes it. */
export interface WebhookAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt?: string
  readonly generatorURL?: string
}

/**
 * JSON body of a custom webhook. While `version` is 1, fields are only added; `alerts`, `status` and
 * `truncatedAlerts` mean what they mean in Alertmanager's webhook.
 */
export interface WebhookBody {
  readonly version: 1
  /** The same in every attempt, so that a receiver can detect repetitions. */
  readonly deliveryId: string
  readonly kind: NoticeKind
  readonly severity: Severity
  readonly status: 'firing' | 'resolved'
  /** The same for all notices of one incident. */
  readonly incidentKey: string
  readonly title: string
  /** One line. */
  readonly subject: string
  /** The whole message as plain text. */
  readonly text: string
  readonly agents: readonly string[]
  /** ISO 8601, or null. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly lastedSeconds: number | null
  readonly links: readonly { readonly name: string; readonly url: string }[]
  readonly heldBack: number
  /** The incidents of an escalation step that is sent for several at once; otherwise none. At most 1,000. */
  readonly incidents: readonly WebhookIncident[]
  readonly alerts: readonly WebhookAlert[]
  readonly truncatedAlerts: number
}

/** One of the incidents of an escalation step. */
export interface WebhookIncident {
  readonly incidentKey: string
  readonly severity: Severity
  readonly title: string
}

const max = { alertCharacters: 400_000, value: 4_000, pairs: 64, key: 200, agents: 100, incidents: 1_000, label: 60 } as const

/** The notice as the JSON of a custom webhook, under 1 MB whatever it holds. */
export function webhookBody(notice: Notice, deliveryId: string): WebhookBody {
  const { startedAt, endedAt, lastedSeconds } = noticeTimes(notice)
  const alerts = fitting(notice.alerts)
  return {
    version: 1,
    deliveryId,
    kind: notice.kind,
    severity: notice.severity,
    status: isOver(notice) ? 'resolved' : 'firing',
    incidentKey: bounded(notice.incidentKey, max.value),
    title: bounded(notice.title, max.value),
    ...plainText(notice),
    agents: affectedAgents(notice).slice(0, max.agents),
    startedAt: startedAt ?? null,
    endedAt: endedAt ?? null,
    lastedSeconds: lastedSeconds ?? null,
    links: noticeLinks(notice),
    heldBack: notice.heldBack ?? 0,
    incidents: (notice.incidents ?? []).slice(0, max.incidents).map(({ incidentKey, severity, title }) => ({
      incidentKey: bounded(incidentKey, max.label),
      severity,
      title: bounded(title, max.label),
    })),
    alerts,
    truncatedAlerts: (notice.truncatedAlerts ?? 0) + notice.alerts.length - alerts.length,
  }
}

function isOver({ kind, alerts }: Notice): boolean {
  return kind === 'resolved' || kind === 'summary' || (alerts.length > 0 && alerts.every(({ status }) => status === 'resolved'))
}

/** As many alerts as there is room for. */
function fitting(alerts: readonly NoticeAlert[]): WebhookAlert[] {
  const kept: WebhookAlert[] = []
  let room: number = max.alertCharacters
  for (const alert of alerts) {
    const written = writtenAlert(alert, max.value)
    // one that is too large by itself is cut further, so that there is always one
    const fitted = kept.length === 0 && JSON.stringify(written).length > room ? writtenAlert(alert, max.key) : written
    room -= JSON.stringify(fitted).length
    if (room < 0) break
    kept.push(fitted)
  }
  return kept
}

function writtenAlert(
  { status, labels, annotations, startsAt, endsAt, generatorUrl }: NoticeAlert,
  length: number,
): WebhookAlert {
  return {
    status,
    labels: boundedPairs(labels, length),
    annotations: boundedPairs(annotations, length),
    startsAt: bounded(startsAt, max.key),
    ...(endsAt === undefined ? {} : { endsAt: bounded(endsAt, max.key) }),
    ...(generatorUrl === undefined ? {} : { generatorURL: bounded(generatorUrl, length) }),
  }
}

function boundedPairs(pairs: Readonly<Record<string, string>>, length: number): Record<string, string> {
  const entries = Object.entries(pairs).slice(0, max.pairs)
  return Object.fromEntries(entries.map(([key, value]) => [bounded(key, max.key), bounded(value, length)]))
}

function bounded(text: string, length: number): string {
  return cutText(text, length).toWellFormed()
}
