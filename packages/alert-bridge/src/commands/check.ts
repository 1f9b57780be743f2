import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { dirname, resolve } from 'node:path'

import { asciiOnly, channelWarnings, type EscalationStep, hostAndPort, severities, type Severity } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import { systemDependencies } from '../channels/channel.ts'
import { proxiedFetch, proxyFor } from '../channels/proxy.ts'
import { webhookHostProblem } from '../channels/webhook/webhook-host.ts'
import { type DatabaseAddress, readDatabaseUrl } from '../outbox/postgres/database-url.ts'
import { describeIncidents } from '../incidents/incident-settings.ts'
import { type Calendars, openCalendars } from '../on-call/calendars.ts'
import { type RotationState, whoIsOnCall } from '../on-call/who-is-on-call.ts'
import { contentOf } from '../message/message-content.ts'
import type { MessageStyle, Notice } from '../message/notice.ts'
import type { BridgeSettings } from '../settings.ts'
import { lintAlertmanager } from './lint-alertmanager.ts'
import { peopleText } from './on-call.ts'
import { fewChannelsLine, reachingChannels } from './serve.ts'

/** Options for {@link check}. */
export interface CheckOptions {
  readonly settings: BridgeSettings
  /** Path of an `alertmanager.yml`. */
  readonly alertmanagerFile?: string | undefined
  readonly write: (line: string) => void
  /** Whether to write one JSON document instead of lines. @default false */
  readonly json?: boolean
  /** @default calendars that are fetched now */
  readonly calendars?: Calendars
  /** Resolves the hosts of webhooks. @default that of the system */
  readonly lookup?: LookupFunction
}

/**
 * Reports settings of the bridge and of Alertmanager that can lose alerts, and a database that cannot be used. Returns the exit code: 1 if
 * there are any.
 */
export async function check(options: CheckOptions): Promise<ExitCode> {
  const { settings, alertmanagerFile, write, json = false, lookup = systemDependencies.lookup } = options
  const { channels, notices, host, port, tokens, watchedPeers = [], heartbeatTargets = [], unusedChannels = [] } = settings
  const { escalation: steps = [], rotations = [] } = settings
  const calendars = options.calendars ?? openCalendars({ now: Date.now, fetch: proxiedFetch(settings) })
  const onCall = await Promise.all(rotations.map((rotation) => whoIsOnCall(rotation, Date.now(), calendars)))
  const reaching = reachingChannels(channels)
  const address = settings.databaseUrl && readDatabaseUrl(settings.databaseUrl.reveal())
  const unusable = address && (await problemOf(address))
  const people = describeIncidents(settings)
  const notes = areAllReached(reaching) ? unusedChannels : []
  const warnings = [
    ...notices.filter((line) => !notes.includes(line)),
    ...(unusable === undefined ? [] : [unusable]),
    ...(reaching.length < 2 ? [fewChannelsLine(reaching.length)] : []),
    ...uncovered(reaching),
    ...channels.flatMap(channelWarnings),
    ...(await privateHosts(settings, lookup)),
    ...peerWarnings(settings),
    ...escalationWarnings(settings, onCall),
    ...people.warnings,
    ...(alertmanagerFile === undefined ? [] : lintFile(alertmanagerFile)),
  ]
  const exitCode = warnings.length === 0 ? 0 : 1
  if (json) {
    const shown = channels.map(({ name, type, severities, fallback }) => ({ name, type, severities, fallback }))
    const place =
      address === undefined ? { dataDir: settings.dataDir } : { database: address.shown, canUseDatabase: unusable === undefined }
    const peers = { watched: watchedPeers, heartbeatsTo: heartbeatTargets.map((target) => target.host) }
    const actions = people.lines
    write(asJson({ bridge: { host, port, tokens: tokens.length, ...place }, channels: shown, peers, actions, notes, warnings }))
    return exitCode
  }
  const reachable = unusable === undefined ? ', which can be reached' : ''
  const place = address === undefined ? settings.dataDir : `PostgreSQL at ${address.shown}${reachable}`
  write(`bridge on ${hostAndPort(host, port)}, ${tokens.length} token(s), data in ${place}`)
  for (const { name, type, severities, fallback } of channels) {
    write(`channel ${name} (${type}): ${severities.join(', ')}${fallback ? ', fallback for critical' : ''}`)
  }
  for (const { name, silentAfterSeconds } of watchedPeers) {
    write(`watches region ${name}: reported after ${silentAfterSeconds} s without a heartbeat`)
  }
  for (const { host: peer } of heartbeatTargets) write(`sends heartbeats to the bridge at ${peer}`)
  for (const line of people.lines) write(line)
  for (const text of steps.map(stepLine)) write(asciiOnly(text))
  for (const { name, now } of onCall) write(asciiOnly(`on call in ${name}: ${peopleText(now)}`))
  for (const { about, subject, text } of sampleMessages(settings.style)) {
    write(`message about ${about}: ${subject}`)
    for (const line of text.split('\n')) write(`  ${line}`.trimEnd())
  }
  for (const note of notes) write(`note: ${note}`)
  for (const warning of warnings) write(`warning: ${warning}`)
  write(warnings.length === 0 ? 'no warnings' : `${warnings.length} warning(s)`)
  return exitCode
}

/** `escalation step 2 after 600 s: rotation nights, again every 300 s, for critical`. */
function stepLine(
  { afterSeconds, channels, recipients, rotation, repeatSeconds, severities: of }: EscalationStep,
  index: number,
): string {
  const target =
    rotation === undefined ? [...channels.map((name) => `channel ${name}`), ...recipients].join(', ') : `rotation ${rotation}`
  const again = repeatSeconds === undefined ? '' : `, again every ${repeatSeconds} s`
  return `escalation step ${index + 1} after ${afterSeconds} s: ${target}${again}, for ${of.join(', ')}`
}

function escalationWarnings({ escalation = [], publicUrl }: BridgeSettings, onCall: readonly RotationState[]): string[] {
  const unused = onCall.filter(({ name }) => !escalation.some(({ rotation }) => rotation === name))
  return [
    ...onCall.flatMap(({ name, warnings }) => warnings.map((warning) => `rotation ${name}: ${warning}`)),
    ...unused.map(({ name }) => `rotation ${name}: no step of alerts.escalation uses it`),
    ...(escalation.length > 0 && publicUrl === undefined
      ? [
          'alerts.escalation is set, but BRIDGE_PUBLIC_URL is not: messages have no link to acknowledge, so only the end of an alert stops its steps',
        ]
      : []),
  ]
}

async function problemOf(address: DatabaseAddress): Promise<string | undefined> {
  // only now, because few bridges need the driver
  const { databaseProblem } = await import('../outbox/postgres/database-problem.ts')
  return databaseProblem(address)
}

/** Webhooks that are not sent because of the address of their host, which otherwise only a drill would find. */
async function privateHosts(settings: BridgeSettings, lookup: LookupFunction): Promise<string[]> {
  const hasProxy = (url: URL): boolean => proxyFor(url, settings) !== undefined
  const found = settings.channels.map(async (channel) => {
    const problem = channel.type === 'webhook' ? await webhookHostProblem(channel, { lookup, hasProxy }) : undefined
    return problem === undefined ? [] : [`channel ${channel.name}: ${problem}`]
  })
  return (await Promise.all(found)).flat()
}

/** An alert as an example, in the words of the templates; none without templates. */
function sampleMessages(style: MessageStyle = {}): { readonly about: string; readonly subject: string; readonly text: string }[] {
  const { titleTemplate, firingTemplate, resolvedTemplate } = style
  if ((titleTemplate ?? firingTemplate ?? resolvedTemplate) === undefined) return []
  return (['firing', 'resolved'] as const).map((kind) => {
    const { status, subject, paragraphs } = contentOf({ ...exampleNotice(kind), style })
    return {
      about: `an alert that ${kind === 'firing' ? 'fires' : 'is resolved'}`,
      subject: `${status} - ${subject}`,
      text: paragraphs.join('\n'),
    }
  })
}

function exampleNotice(status: 'firing' | 'resolved'): Notice {
  const [startsAt, end] = ['2026-07-01T02:13:05Z', '2026-07-01T02:25:09Z']
  const annotations = {
    summary: '62 % of the runs of writer failed in the last 5 minutes',
    description: 'Most failures are 429: the model provider accepts fewer calls than the agent makes.',
    runbook_url: 'https://example.com/runbooks/AgentErrorRateCritical',
    dashboard_url: 'https://example.com/dashboards/agent',
  }
  const labels = { alertname: 'AgentErrorRateCritical', agent_name: 'writer', severity: 'critical' }
  const isOver = status === 'resolved'
  return {
    kind: status,
    severity: 'critical',
    incidentKey: 'example',
    title: labels.alertname,
    alerts: [{ status, labels, annotations, startsAt, ...(isOver && { endsAt: end }) }],
  }
}

/** Watching works in both directions only if both are set. */
function peerWarnings({ watchedPeers = [], heartbeatTargets = [], heartbeatSeconds = 30 }: BridgeSettings): string[] {
  const late = watchedPeers.filter(({ silentAfterSeconds }) => silentAfterSeconds < 3 * heartbeatSeconds)
  return [
    ...(watchedPeers.length > 0 && heartbeatTargets.length === 0
      ? ['BRIDGE_WATCHED_PEERS is set, but BRIDGE_HEARTBEAT_TARGETS is not: no other bridge notices when this one is down']
      : []),
    ...(heartbeatTargets.length > 0 && watchedPeers.length === 0
      ? ['BRIDGE_HEARTBEAT_TARGETS is set, but BRIDGE_WATCHED_PEERS is not: this bridge does not notice when another one is down']
      : []),
    ...late.map(
      ({ name, silentAfterSeconds }) =>
        `region ${name} is reported after ${silentAfterSeconds} s, which is less than three heartbeats of ${heartbeatSeconds} s: a single lost one can be reported`,
    ),
  ]
}

/** Whether two channels or more deliver, and each severity has one, so that a channel without any settings is not missed. */
function areAllReached(reaching: BridgeSettings['channels']): boolean {
  const isReached = (severity: Severity): boolean => reaching.some(({ severities }) => severities.includes(severity))
  return reaching.length >= 2 && severities.every(isReached)
}

function uncovered(channels: BridgeSettings['channels']): string[] {
  if (channels.length === 0) return []
  return (['critical', 'warning'] as const)
    .filter((severity) => !channels.some((one) => one.severities.includes(severity) || (severity === 'critical' && one.fallback)))
    .map((severity) => `no channel receives ${severity} alerts`)
}

function lintFile(path: string): string[] {
  try {
    const readNextTo = (name: string): string => readFileSync(resolve(dirname(path), name), 'utf8')
    return lintAlertmanager(readFileSync(path, 'utf8'), readNextTo).map((sentence) => `${path}: ${sentence}`)
  } catch (error) {
    return [`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`]
  }
}
