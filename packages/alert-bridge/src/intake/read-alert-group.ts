import type { AlertGroup, GroupAlert } from '@swarmwatch/config'
import { z } from 'zod'

// Go writes an empty map as null
const texts = z
  .custom<Readonly<Record<string, string>> | null>((map) => map === null || areTexts(map))
  .optional()
  .transform((map) => map ?? {})
const status = z.enum(['firing', 'resolved'])
const time = z.string().refine((text) => Number.isFinite(Date.parse(text)), 'must be a time')

const alertShape = {
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
}
const alert = z.object(alertShape)

const groupShape = {
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
}
const group: z.ZodType<AlertGroup> = z.object({ version: z.literal('4'), ...groupShape })

/** A group of alerts, also of another sender than Alertmanager. */
export interface ReceivedGroup extends AlertGroup {
  /** @default false */
  readonly isFromGrafana?: boolean
}

const optionalText = z.string().nullish()

/** An alert with the fields that Grafana adds. */
const grafanaAlert = z.object({
  ...alertShape,
  dashboardURL: optionalText,
  panelURL: optionalText,
  silenceURL: optionalText,
  imageURL: optionalText,
  values: z.record(z.string(), z.number().nullable()).nullish(),
  valueString: optionalText,
})

/** A contact point of Grafana; `title`, `message`, `state` and `orgId` repeat what the alerts contain. */
const grafanaGroup: z.ZodType<ReceivedGroup> = z
  .object({ version: z.literal('1'), ...groupShape, alerts: z.array(grafanaAlert).min(1, 'must have an alert') })
  .transform((sent) => ({ ...sent, version: '4' as const, isFromGrafana: true, alerts: sent.alerts.map(plainAlert) }))

/** The alert with Grafana's links and values as annotations, which every message shows. Annotations of the rule win. */
function plainAlert(sent: z.output<typeof grafanaAlert>): GroupAlert {
  const { dashboardURL, panelURL, silenceURL, imageURL, values, valueString, ...alert } = sent
  const numbers = Object.entries(values ?? {}).flatMap(([name, value]) => (value === null ? [] : `${name} = ${value}`))
  const added = {
    values: numbers.length > 0 ? numbers.join(', ') : valueString,
    dashboard_url: dashboardURL,
    panel_url: panelURL,
    silence_url: silenceURL,
    image_url: imageURL,
  }
  const present = Object.entries(added).flatMap(([key, value]): [string, string][] => (value ? [[key, value]] : []))
  return { ...alert, annotations: { ...Object.fromEntries(present), ...alert.annotations } }
}

/** Result of reading a body. */
export type Read<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * Reads a body as webhook of Alertmanager (version 4) or of a contact point of Grafana (version 1), or returns a short reason why it is
 * neither, without any value from the body.
 */
export function readAlertGroup(body: Uint8Array): Read<ReceivedGroup> {
  return readJson(body, checkAlertGroup)
}

/** Checks a value that was parsed already. */
export function checkAlertGroup(value: unknown): Read<ReceivedGroup> {
  if (isCommonGroup(value)) return { kind: 'read', value }
  return isMap(value) && value['version'] === '1' ? checkWith(grafanaGroup, value) : checkWith(group, value)
}

/** Parses a body and passes it to `check`. */
export function readJson<Value>(body: Uint8Array, check: (value: unknown) => Read<Value>): Read<Value> {
  if (body.byteLength === 0) return { kind: 'unreadable', reason: 'the body is empty' }
  try {
    return check(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')))
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'unreadable', reason: 'the body is nested too deeply' }
    return { kind: 'unreadable', reason: 'the body is not JSON' }
  }
}

/** Checks a parsed value with a schema; the reason contains no value from it. */
export function checkWith<Value>(schema: z.ZodType<Value>, value: unknown): Read<Value> {
  const result = schema.safeParse(value)
  if (result.success) return { kind: 'read', value: result.data }
  const [issue] = result.error.issues
  const version = (value as { version?: unknown } | null)?.version
  if (issue?.path[0] === 'version' && version !== undefined) {
    return { kind: 'unreadable', reason: 'the payload version is neither 4 (Alertmanager) nor 1 (Grafana)' }
  }
  // the name of a label could be a secret, so only keys of the format are mentioned
  const path = issue?.path.filter((part) => typeof part === 'number' || knownKeys.has(String(part))).join('.')
  return { kind: 'unreadable', reason: path ? `${path} is not valid` : 'it is not a webhook of Alertmanager or Grafana' }
}

const knownKeys = new Set(
  (
    'version status receiver groupLabels commonLabels commonAnnotations alerts externalURL truncatedAlerts notification_reason labels ' +
    'annotations startsAt endsAt generatorURL fingerprint dashboardURL panelURL silenceURL imageURL values valueString title text ' +
    'agent source at links key'
  ).split(' '),
)

/**
 * Whether a parsed body is an {@link AlertGroup} without any conversion, as nearly every body is. If false, zod decides, which takes
 * several times as long: it also accepts nulls and missing keys, as Go writes them.
 */
export function isCommonGroup(value: unknown): value is AlertGroup {
  if (!isMap(value)) return false
  const { version, status, receiver, alerts, externalURL, truncatedAlerts, notification_reason: reason } = value
  return (
    version === '4' &&
    isStatus(status) &&
    typeof receiver === 'string' &&
    areTexts(value['groupLabels']) &&
    areTexts(value['commonLabels']) &&
    areTexts(value['commonAnnotations']) &&
    typeof externalURL === 'string' &&
    Number.isSafeInteger(truncatedAlerts) &&
    (truncatedAlerts as number) >= 0 &&
    isOptionalText(reason) &&
    Array.isArray(alerts) &&
    alerts.length > 0 &&
    alerts.every(isCommonAlert)
  )
}

function isCommonAlert(value: unknown): boolean {
  if (!isMap(value)) return false
  const { status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint } = value
  return (
    isStatus(status) &&
    areTexts(labels) &&
    areTexts(annotations) &&
    isTime(startsAt) &&
    (endsAt === undefined || isTime(endsAt)) &&
    isOptionalText(generatorURL) &&
    isOptionalText(fingerprint)
  )
}

/** Whether something parsed is a mapping from texts to texts. */
function areTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (!isMap(value)) return false
  // JSON.parse creates own keys only
  for (const key in value) if (typeof value[key] !== 'string') return false
  return true
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStatus(value: unknown): boolean {
  return value === 'firing' || value === 'resolved'
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && Number.isFinite(Date.parse(value))
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
