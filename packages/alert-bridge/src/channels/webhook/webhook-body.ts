import type { Severity } from '@swarmwatch/config'

import { affectedAgents } from '../../message/alert-labels.ts'
import { cutText } from '../../message/clean-text.ts'
import { noticeLinks } from '../../message/notice-links.ts'
import { noticeTimes } from '../../message/notice-times.ts'
import type { Notice, NoticeAlert, NoticeKind } from '../../message/notice.ts'
import { plainText } from '../../message/plain-text.ts'

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
 * What a custom webhook gets, as JSON. Fields are only ever added while `version` is 1; `alerts`, `status` and
 * `truncatedAlerts` mean what they mean in Alertmanager's webhook.
 */
export interface WebhookBody {
  readonly version: 1
  /** The same in every try: a repetition can be told from it. */
  readonly deliveryId: string
  readonly kind: NoticeKind
  readonly severity: Severity
  readonly status: 'firing' | 'resolved'
  /** The same for all notices of one incident. */
  readonly incidentKey: string
  readonly title: string
  /** One line for people. */
  readonly subject: string
  /** The whole message for people. */
  readonly text: string
  readonly agents: readonly string[]
  /** ISO 8601, or null. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly lastedSeconds: number | null
  readonly links: readonly { readonly name: string; readonly url: string }[]
  readonly heldBack: number
  readonly alerts: readonly WebhookAlert[]
  readonly truncatedAlerts: number
}

const most = { alertCharacters: 400_000, value: 4_000, pairs: 64, key: 200, agents: 100 } as const

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
    incidentKey: bounded(notice.incidentKey, most.value),
    title: bounded(notice.title, most.value),
    ...plainText(notice),
    agents: affectedAgents(notice).slice(0, most.agents),
    startedAt: startedAt ?? null,
    endedAt: endedAt ?? null,
    lastedSeconds: lastedSeconds ?? null,
    links: noticeLinks(notice),
    heldBack: notice.heldBack ?? 0,
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
  let room: number = most.alertCharacters
  for (const alert of alerts) {
    const written = writtenAlert(alert, most.value)
    // one that is too large by itself is cut further, so that there is always one
    const fitted = kept.length === 0 && JSON.stringify(written).length > room ? writtenAlert(alert, most.key) : written
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
    startsAt: bounded(startsAt, most.key),
    ...(endsAt === undefined ? {} : { endsAt: bounded(endsAt, most.key) }),
    ...(generatorUrl === undefined ? {} : { generatorURL: bounded(generatorUrl, length) }),
  }
}

function boundedPairs(pairs: Readonly<Record<string, string>>, length: number): Record<string, string> {
  const entries = Object.entries(pairs).slice(0, most.pairs)
  return Object.fromEntries(entries.map(([key, value]) => [bounded(key, most.key), bounded(value, length)]))
}

function bounded(text: string, length: number): string {
  return cutText(text, length).toWellFormed()
}
