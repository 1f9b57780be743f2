import type { AlertGroup } from '@swarmwatch/config'

/**
 * Whether a parsed body is an {@link AlertGroup} as it stands, as nearly every body is. False does not mean that it is none: nulls and
 * what is left out, such as Go writes, are for zod, which takes several times as long.
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
export function areTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (!isMap(value)) return false
  // JSON.parse makes own keys only
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
