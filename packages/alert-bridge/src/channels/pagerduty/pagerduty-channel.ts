import type { ChannelOf } from '@swarmwatch/config'

import { affectedAgents, affectedThings } from '../../message/alert-facts.ts'
import { cutText } from '../../message/clean-text.ts'
import { escapedText } from '../../message/escaped-text.ts'
import { headlineOf } from '../../message/marked-up-text.ts'
import { contentOf, moreLine } from '../../message/message-content.ts'
import { noticeTimes } from '../../message/notice-times.ts'
import type { Notice } from '../../message/notice.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { wireId } from '../guarded-delivery.ts'
import { openHttpChannel } from '../http-channel.ts'
import type { JsonAnswer } from '../post-json.ts'
import { statusFailure } from '../request-failure.ts'

/** Settings of a PagerDuty channel. */
export interface PagerdutyChannelSettings extends Pick<ChannelOf<'pagerduty'>, 'name' | 'routingKey' | 'apiUrl'> {
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/**
 * Triggers and resolves PagerDuty incidents, one for each incident of the bridge. An event that PagerDuty refuses is sent again with its
 * summary only.
 */
export function openPagerdutyChannel(
  settings: PagerdutyChannelSettings,
  dependencies: Partial<ChannelDependencies> = {},
): Channel {
  const { name, routingKey, apiUrl, timeoutMs } = settings
  // an integration accepts 120 events a minute
  const limits = { perSecond: 2, burst: 20 }
  return openHttpChannel({ name, limits, hasIncidents: true, secrets: [routingKey], timeoutMs }, dependencies, (exchange) => {
    const post = ({ path, body }: PagerdutyRequest, signal: AbortSignal): Promise<DeliveryResult> => {
      const url = `${apiUrl.replace(/\/+$/, '')}${path}`
      const request = { url, body: { routing_key: routingKey.reveal(), ...body } }
      return exchange<DeliveryResult>(request, signal, (answer, now) => {
        const isAccepted = answer.status === 202 && answer.json['status'] === 'success'
        return isAccepted ? { kind: 'delivered' } : pagerdutyFailure(answer, now)
      })
    }
    return async ({ notice, id }, signal) => {
      const result = await post(pagerdutyRequest(notice, id), signal)
      return result.kind === 'undeliverable' ? post(shortPagerdutyRequest(notice), signal) : result
    }
  })
}

/** Errors in a 400 about the integration, not about the event. */
const keyErrors = /routing.?key|integration|service/i

function pagerdutyFailure(answer: JsonAnswer, now: Date): DeliveryResult {
  const { status, json } = answer
  if (status < 300) return { kind: 'retry', reason: `PagerDuty answered ${status} without success`, unknown: true }
  const failure = statusFailure(answer, now, 'PagerDuty')
  if (status === 400 && keyErrors.test(JSON.stringify(json['errors'] ?? ''))) {
    return { kind: 'channel-down', reason: failure.reason }
  }
  // an event that arrives twice changes nothing, because the second has the same key
  return failure
}

/** Path and body of a request, without the integration key. */
export interface PagerdutyRequest {
  readonly path: '/v2/enqueue' | '/v2/change/enqueue'
  readonly body: PagerdutyEvent | PagerdutyChange
}

/** An event of an incident. */
export interface PagerdutyEvent {
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve'
  /** The same for all events of one incident. */
  readonly dedup_key: string
  readonly payload?: PagerdutyPayload & { readonly severity: 'critical' | 'warning' | 'info'; readonly component?: string }
  readonly client?: string
  readonly links?: readonly PagerdutyLink[]
}

/** A change that opens no incident. */
export interface PagerdutyChange {
  readonly payload: PagerdutyPayload
  readonly links?: readonly PagerdutyLink[]
}

interface PagerdutyPayload {
  readonly summary: string
  readonly source: string
  /** ISO 8601. */
  readonly timestamp?: string
  readonly custom_details?: Readonly<Record<string, unknown>>
}

interface PagerdutyLink {
  readonly href: string
  readonly text: string
}

/** PagerDuty accepts 1,024 characters of summary, 255 of key, and 512 kB of JSON. */
const max = { summary: 1_000, source: 250, details: 20_000, line: 1_200, link: 200 } as const

/**
 * The notice as an event: alerts trigger and resolve an incident; something notable, and alerts that began and ended while PagerDuty
 * could not be reached, are changes, because there is nothing to do.
 */
export function pagerdutyRequest(notice: Notice, deliveryId: string): PagerdutyRequest {
  const { payload, links } = described(notice, deliveryId)
  if (notice.kind === 'event' || notice.kind === 'summary') {
    return { path: '/v2/change/enqueue', body: { payload, links } }
  }
  const event = { event_action: actionOf(notice), dedup_key: keyOf(notice), client: 'Swarmwatch', links } as const
  const [component] = affectedAgents(notice)
  return {
    path: '/v2/enqueue',
    body: { ...event, payload: { ...payload, severity: notice.severity, ...(component !== undefined && { component }) } },
  }
}

/** The event with its summary only, for one that PagerDuty refuses. */
function shortPagerdutyRequest(notice: Notice): PagerdutyRequest {
  const payload = { summary: summaryOf(notice), source: 'Swarmwatch' }
  if (notice.kind === 'event' || notice.kind === 'summary') return { path: '/v2/change/enqueue', body: { payload } }
  const event = { event_action: actionOf(notice), dedup_key: keyOf(notice) } as const
  return { path: '/v2/enqueue', body: { ...event, payload: { ...payload, severity: notice.severity } } }
}

/** A report of the bridge about itself has an end and no beginning when the problem has ended. */
function actionOf({ kind, endedAt }: Notice): PagerdutyEvent['event_action'] {
  if (kind === 'acknowledged') return 'acknowledge'
  return kind === 'resolved' || (kind === 'meta' && endedAt !== undefined) ? 'resolve' : 'trigger'
}

function keyOf({ incidentKey }: Notice): string {
  return `swarmwatch-${wireId(incidentKey)}`
}

function summaryOf(notice: Notice): string {
  const content = contentOf(notice)
  const lead = content.paragraphs.join(' ').replaceAll(/\s+/g, ' ')
  return escapedText([headlineOf(content), lead].filter((part) => part !== '').join('. '), max.summary)
}

function described(notice: Notice, deliveryId: string): { payload: PagerdutyPayload; links: PagerdutyLink[] } {
  const content = contentOf(notice)
  const { startedAt, endedAt } = noticeTimes(notice)
  const source = [...affectedAgents(notice), ...affectedThings(notice)].slice(0, 5).join(', ')
  const timestamp = endedAt ?? startedAt
  const links = [content.firstStep?.link, ...content.links].flatMap((link) =>
    link === undefined ? [] : { href: link.url, text: cutText(link.name, max.link) },
  )
  return {
    payload: {
      summary: summaryOf(notice),
      source: cutText(source, max.source) || 'Swarmwatch',
      ...(timestamp !== undefined && { timestamp }),
      custom_details: {
        delivery: wireId(deliveryId),
        ...(content.paragraphs.length > 0 && { text: escapedText(content.paragraphs.join('\n\n'), max.details) }),
        ...Object.fromEntries(content.facts.map(({ name, value }) => [name, value])),
        ...(content.alerts.length > 0 && {
          alerts: [...content.alerts.map(({ id, text }) => `#${id} ${cutText(text, max.line)}`), ...moreLine(content.moreAlerts)],
        }),
      },
    },
    links,
  }
}
