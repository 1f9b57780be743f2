import { z } from 'zod'

import type { Notice } from '../message/notice.ts'
import { eventKey } from './dedupe.ts'
import { checkWith, type Read, readJson } from './read-alert-group.ts'

/** Something notable that is not an alert, such as a deployment. */
export interface BridgeEvent {
  readonly title: string
  readonly text?: string | undefined
  readonly agent?: string | undefined
  readonly source?: string | undefined
  /** ISO 8601. @default now */
  readonly at?: string | undefined
  /** Addresses by the name of their target. */
  readonly links?: Readonly<Record<string, string>> | undefined
  /** Recipients are notified once for each key. */
  readonly key?: string | undefined
}

const eventSchema: z.ZodType<BridgeEvent> = z.object({
  title: z.string().trim().min(1).max(300),
  text: z.string().max(10_000).optional(),
  agent: z.string().max(200).optional(),
  source: z.string().max(200).optional(),
  at: z
    .string()
    .refine((text) => Number.isFinite(Date.parse(text)))
    .optional(),
  links: z.record(z.string().max(50), z.url({ protocol: /^https?$/ }).max(2000)).optional(),
  key: z.string().min(1).max(200).optional(),
})

/** Reads the body of `POST /api/v1/events`. */
export function readEvent(body: Uint8Array): Read<BridgeEvent> {
  return readJson(body, (value) => checkWith(eventSchema, value))
}

/** The notice of an event. */
export function noticeOfEvent(event: BridgeEvent, receivedAt: number): Notice {
  const startedAt = event.at ?? new Date(receivedAt).toISOString()
  const about = [event.agent && `Agent: ${event.agent}`, event.source && `Source: ${event.source}`].filter(Boolean).join(' / ')
  const text = [event.text, about].filter(Boolean).join('\n')
  return {
    kind: 'event',
    severity: 'info',
    incidentKey: event.key === undefined ? `event:${receivedAt.toString(36)}:${event.title}` : eventKey(event.key),
    title: event.title.replaceAll(/\s+/g, ' '),
    ...(text !== '' && { text }),
    alerts: [],
    startedAt,
    ...(event.links && { links: event.links }),
  }
}
