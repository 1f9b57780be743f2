import type { Severity } from '@swarmwatch/config'

import { listed } from './alert-facts.ts'
import { localTime } from './notice-times.ts'
import type { Notice } from './notice.ts'

/** A report of the bridge about itself. */
export interface Meta {
  /** The same for the same problem, so that it is reported once and its end can follow. */
  readonly key: string
  readonly severity: Severity
  readonly title: string
  readonly text: string
  /** Distinguishes this occurrence from others, such as the id of a stored body: listed when several are reported together. */
  readonly detail?: string
  /** Identifies this occurrence also after a restart: a crash right after it was stored does not report it again. */
  readonly occurrence?: string
  /** Addresses by name, such as `runbook`. @default none */
  readonly links?: Readonly<Record<string, string>>
  /** Whether this is the end of the problem. @default false */
  readonly isOver?: boolean
}

/** The notice that recipients get. */
export function metaNotice({ key, severity, title, text, links, isOver = false }: Meta, at: number): Notice {
  const time = new Date(at).toISOString()
  return {
    kind: 'meta',
    severity,
    incidentKey: `meta:${key}`,
    title,
    text,
    alerts: [],
    ...(links && { links }),
    ...(isOver ? { endedAt: time } : { startedAt: time }),
  }
}

export function channelFailed(channel: string, reason: string): Meta {
  return {
    key: `channel:${channel}`,
    severity: 'warning',
    title: `Channel ${channel} cannot deliver`,
    text: `${reason}. Messages for this channel wait until it works again. After one day, they become dead letters.`,
  }
}

export function channelRecovered(channel: string): Meta {
  return {
    key: `channel:${channel}`,
    severity: 'warning',
    title: `Channel ${channel} works again`,
    text: 'Waiting messages are now being sent.',
    isOver: true,
  }
}

export function bodyUnreadable(reason: string, id: string): Meta {
  return {
    key: 'quarantine',
    severity: 'critical',
    title: 'An alert could not be read',
    text: `The request was authenticated and therefore accepted, but ${reason}. Its body is stored as ${id}. Check the receiver in alertmanager.yml.`,
    detail: id,
  }
}

export function bodyTooLarge(detail: string): Meta {
  return {
    key: 'too-large',
    severity: 'critical',
    title: 'Alerts were refused because the request was too large',
    text: 'The request was larger than 16 MiB, and Alertmanager does not send it again. Set max_alerts for the webhook receiver.',
    detail,
  }
}

export function watchdogMissing(key: string, silentSeconds: number): Meta {
  return {
    key,
    severity: 'critical',
    title: 'No Watchdog: alerts do not reach the bridge',
    text: `The Watchdog alert, which always fires, has not arrived for ${silentSeconds} s. Prometheus, its rules or Alertmanager have failed, or the route to the bridge is missing. No one is notified of any alert until this is fixed.`,
  }
}

export function watchdogReturned(key: string): Meta {
  return { key, severity: 'critical', title: 'The Watchdog is back', text: 'Alerts reach the bridge again.', isOver: true }
}

/** Data of a report about the bridge of another region. */
interface RegionReport {
  readonly key: string
  /** Name of the region. */
  readonly name: string
  readonly occurrence: string
}

/** Data of a report about a silence. */
interface RegionSilence extends RegionReport {
  readonly seconds: number
  /** Address of the folder docs/runbooks. */
  readonly runbooksUrl: string | undefined
}

export function regionSilent({ key, name, seconds, occurrence, runbooksUrl }: RegionSilence): Meta {
  return {
    key,
    occurrence,
    severity: 'critical',
    title: `RegionSilent: no heartbeat from ${name}`,
    text: `The bridge of ${name} has sent no heartbeat for ${seconds} s. The region is down, its bridge cannot deliver alerts, or the network between the two bridges is cut. Assume that no alert of ${name} reaches anyone. If messages of ${name} still arrive, only the network between the bridges is cut. Runbook: docs/runbooks/RegionSilent.md`,
    ...(runbooksUrl !== undefined && { links: { runbook: `${runbooksUrl.replace(/\/+$/, '')}/RegionSilent.md` } }),
  }
}

export function regionReturned({ key, name, occurrence }: RegionReport): Meta {
  return {
    key,
    occurrence,
    severity: 'critical',
    title: `RegionSilent: ${name} is back`,
    text: `Heartbeats of the bridge of ${name} arrive again.`,
    isOver: true,
  }
}

export function regionUnwatched(key: string, name: string): Meta {
  return {
    key,
    severity: 'critical',
    title: `RegionSilent: ${name} is no longer watched`,
    text: `${name} was removed from BRIDGE_WATCHED_PEERS while it was silent.`,
    isOver: true,
  }
}

export function databaseDamaged(setAside: string): Meta {
  return {
    key: 'damaged',
    severity: 'critical',
    title: 'The database of the bridge was damaged',
    text: damagedDatabaseText(setAside),
  }
}

/** Sentence for the log and for {@link databaseDamaged}. */
export function damagedDatabaseText(setAside: string): string {
  return `the database was damaged; it was moved to ${setAside} and a new one was created. Alerts that were waiting in the old database are not delivered`
}

/** A report names at most this many details, such as ids; it still counts all of them. */
export const maxDetails = 20

/** One report for the occurrences that were held since `since`, of which `last` is the last one. */
export function repeatedMeta(
  last: Meta,
  { count, details, isOver, since }: { count: number; details: readonly string[]; isOver: boolean; since: number },
): Meta {
  const times = `${count} more ${count === 1 ? 'time' : 'times'}`
  const missing = Math.max(count - details.length, 0)
  const ids = details.length === 0 ? '' : `: ${listed(details, maxDetails)}${missing === 0 ? '' : ` and ${missing} more`}`
  const sentences = [
    `This happened ${times} since ${localTime(new Date(since).toISOString())}${ids}.`,
    isOver ? 'It is resolved now.' : '',
    `Last occurrence: ${last.text}`,
  ]
  return { ...last, title: `${last.title} (${times})`, text: sentences.filter((one) => one !== '').join('\n'), isOver }
}
