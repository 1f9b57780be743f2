import type { AlertGroup } from '@swarmwatch/config'
import { z } from 'zod'

import { areTexts, isCommonGroup } from './is-common-group.ts'

// Go writes an empty map as null
const texts = z
  .custom<Readonly<Record<string, string>> | null>((map) => map === null || areTexts(map))
  .optional()
  .transform((map) => map ?? {})
const status = z.enum(['firing', 'resolved'])
const time = z.string().refine((text) => Number.isFinite(Date.parse(text)), 'must be a time')

const alert = z.object({
  status,
  labels: texts,
  annotations: texts,
  startsAt: time,
  endsAt: time.nullish().transform((text) => text ?? undefined),
  generatorURL: z
    .string()
    .nullish()
    .transform((text) => text ?? undefined),
  fingerprint: z
    .string()
    .nullish()
    .transform((text) => text ?? undefined),
})

const group: z.ZodType<AlertGroup> = z.object({
  version: z.literal('4'),
  status,
  receiver: z.string(),
  groupLabels: texts,
  commonLabels: texts,
  commonAnnotations: texts,
  alerts: z.array(alert).min(1, 'must have an alert'),
  externalURL: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  truncatedAlerts: z
    .number()
    .int()
    .min(0)
    .nullish()
    .transform((count) => count ?? 0),
  notification_reason: z
    .string()
    .nullish()
    .transform((text) => text ?? undefined),
})

export type Read<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Reads a body as webhook version 4, or says in a few words why it is none; never with a value from the body. */
export function readAlertGroup(body: Uint8Array): Read<AlertGroup> {
  return readJson(body, checkAlertGroup)
}

/** The same for something that was parsed already. */
export function checkAlertGroup(value: unknown): Read<AlertGroup> {
  return isCommonGroup(value) ? { kind: 'read', value } : checkWith(group, value)
}

/** Parses a body and gives it to `check`. */
export function readJson<Value>(body: Uint8Array, check: (value: unknown) => Read<Value>): Read<Value> {
  if (body.byteLength === 0) return { kind: 'unreadable', reason: 'the body is empty' }
  try {
    return check(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')))
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'unreadable', reason: 'the body is nested too deeply' }
    return { kind: 'unreadable', reason: 'the body is not JSON' }
  }
}

/** What the schema says of something parsed; never with a value from it. */
export function checkWith<Value>(schema: z.ZodType<Value>, value: unknown): Read<Value> {
  const result = schema.safeParse(value)
  if (result.success) return { kind: 'read', value: result.data }
  const [issue] = result.error.issues
  const version = (value as { version?: unknown } | null)?.version
  if (issue?.path[0] === 'version' && version !== undefined) {
    return { kind: 'unreadable', reason: 'the payload version is not 4' }
  }
  // a label's name could be anything: only the keys of the format are said
  const path = issue?.path.filter((part) => typeof part === 'number' || knownKeys.has(String(part))).join('.')
  return { kind: 'unreadable', reason: path ? `${path} is not as it must be` : 'it is not an Alertmanager webhook' }
}

const knownKeys = new Set(
  (
    'version status receiver groupLabels commonLabels commonAnnotations alerts externalURL truncatedAlerts notification_reason labels ' +
    'annotations startsAt endsAt generatorURL fingerprint title text agent source at links key'
  ).split(' '),
)
