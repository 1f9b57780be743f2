import { z } from 'zod'

import type { Notice } from '../message/notice.ts'
import { eventKey } from './dedupe.ts'
import { checkWith, type Read, readJson } from './read-alert-group.ts'

/** Something worth knowing that is no alert: a deployment, a notable event. */
export interface BridgeEvent {
  readonly title: string
  readonly text?: string | undefined
  readonly agent?: string | undefined
  readonly source?: string | undefined
  /** ISO 8601. @default now */
  readonly at?: string | undefined
  /** By what they lead to. */
  readonly links?: Readonly<Record<string, string>> | undefined
  /** The same key is told once. */
  readonly key?: string | undefined
}

const event: z.ZodType<BridgeEvent> = z.object({
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
  return readJson(body, (value) => checkWith(event, value))
}

/** What people are told of an event. */
export function noticeOfEvent(given: BridgeEvent, receivedAt: number): Notice {
  const startedAt = given.at ?? new Date(receivedAt).toISOString()
  const about = [given.agent && `Agent: ${given.agent}`, given.source && `Source: ${given.source}`].filter(Boolean).join(' / ')
  const text = [given.text, about].filter(Boolean).join('\n')
  return {
    kind: 'event',
    severity: 'info',
    incidentKey: given.key === undefined ? `event:${receivedAt.toString(36)}:${given.title}` : eventKey(given.key),
    title: given.title.replaceAll(/\s+/g, ' '),
    ...(text !== '' && { text }),
    alerts: [],
    startedAt,
    ...(given.links && { links: given.links }),
  }
}
