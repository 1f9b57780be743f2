import type { StoredDelivery } from '../outbox/store.ts'
import { labelFacts, sentences } from './alert-facts.ts'
import type { Notice } from './notice.ts'

/** A tag and JSON in ASCII on one line, which no external text can break. */
function consoleLine(tag: string, content: object): string {
  const json = JSON.stringify(content)
  // everything but printable ASCII
  return `[${tag}] ${json.replaceAll(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}`
}

/** Line for a dead letter. */
export function undeliverableLine(delivery: StoredDelivery, reason: string): string {
  const { id, channel, recipient, severity, title } = delivery
  return consoleLine('UNDELIVERABLE', { id, channel, recipient, severity, title: cut(title), reason: cut(reason) })
}

/** Line for an alert that no one could be notified of. */
export function lastResortLine(
  noticeId: string,
  notice: Notice,
  tried: readonly { readonly channel: string; readonly reason?: string }[],
): string {
  const { severity, kind, title, text, alerts, startedAt, links } = notice
  return consoleLine('ALERT', {
    id: noticeId,
    severity,
    kind,
    title: cut(title),
    ...(text !== undefined && { text: cut(text) }),
    alerts: alerts.length,
    labels: Object.fromEntries(labelFacts(notice).map(({ name, value }) => [name, cut(value)])),
    summary: cut(summaryOf(alerts[0]?.annotations ?? {})),
    since: startedAt,
    runbook: links?.['runbook'],
    failed: Object.fromEntries(tried.map(({ channel, reason }) => [channel, cut(reason ?? 'still trying')])),
  })
}

function summaryOf(annotations: Readonly<Record<string, string>>): string {
  return sentences.map((key) => annotations[key]).find((text) => text) ?? ''
}

function cut(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 297)}...`
}
