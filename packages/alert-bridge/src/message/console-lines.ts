import type { StoredDelivery } from '../outbox/store.ts'
import { sentences } from './alert-annotations.ts'
import { labelFacts } from './alert-labels.ts'
import type { Notice } from './notice.ts'

/** One line of the bridge itself: a tag and what there is to say as JSON, in ASCII, so that nothing from outside can break the line. */
function consoleLine(tag: string, content: object): string {
  const json = JSON.stringify(content)
  // everything but printable ASCII
  return `[${tag}] ${json.replaceAll(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}`
}

export function undeliverableLine(delivery: StoredDelivery, reason: string): string {
  const { id, channel, recipient, severity, title } = delivery
  return consoleLine('UNDELIVERABLE', { id, channel, recipient, severity, title: cut(title), reason: cut(reason) })
}

/** What is said when nobody could be told. */
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
