import { setTimeout as pause } from 'node:timers/promises'

import { severities } from '@swarmwatch/config'

import { type BridgeCore, type CoreOptions, startCore } from './bridge-core.ts'
import { openExplanations } from './causes/explain-notice.ts'
import { jaegerStore } from './causes/jaeger.ts'
import type { TraceStore } from './causes/runs.ts'
import { tempoStore } from './causes/tempo.ts'
import { type MessageActions, openChannels, type OpenChannelsOptions } from './channels/open-channels.ts'
import { proxiedFetch } from './channels/proxy.ts'
import { type ChartOfNotice, openCharts } from './charts/open-charts.ts'
import { prometheusRanges } from './charts/query-range.ts'
import { deliveryTimes } from './deliveries/delivery-context.ts'
import { peopleOf } from './escalation/run-escalation.ts'
import { sendHeartbeat, sendToPeers } from './heartbeats/send-heartbeats.ts'
import { watchPeers } from './heartbeats/watch-peers.ts'
import { watchWatchdog } from './watchdog.ts'
import { onCallAccess } from './http/on-call-access.ts'
import { type HttpOptions, serveHttp } from './http/serve-http.ts'
import { alertmanagerSilences, type Silences } from './incidents/alertmanager-silences.ts'
import { watchEndedSilences } from './incidents/ended-silences.ts'
import { watchMissingAlerts } from './incidents/missing-alerts.ts'
import { incidentActions } from './incidents/incident-actions.ts'
import { damagedDatabaseText, databaseDamaged } from './message/meta-notices.ts'
import { type BridgeMetrics, otelMetrics, type UnacknowledgedIncidents } from './metrics/bridge-metrics.ts'
import { metricsEndpoint } from './metrics/metrics-endpoint.ts'
import { openStore } from './outbox/open-store.ts'
import type { Store } from './outbox/store.ts'
import type { BridgeSettings } from './settings.ts'

/** Replacements for parts of the service, for tests. */
export type ServiceOptions = Partial<Pick<CoreOptions, 'channels' | 'now' | 'write' | 'times' | 'random' | 'checkpoints'>> &
  Pick<HttpOptions, 'requestTimeoutMs'>

/** The running service. */
export interface BridgeService {
  readonly port: number
  readonly core: BridgeCore
  /** Answers 503 at once, ends the attempts in progress, and leaves the other deliveries for the next start. */
  readonly stop: () => Promise<void>
}

/**
 * Starts all of `alert-bridge serve`.
 * @throws FolderTakenError when another process owns the data folder, and the system's error when the port is taken
 */
export async function startService(settings: BridgeSettings, options: ServiceOptions = {}): Promise<BridgeService> {
  const { write = (line: string) => console.error(line), checkpoints, times, random } = options
  const { store, setAside, ...opened } = await openStore(settings, checkpoints)
  const { now = opened.now } = options
  const endpoint = metricsEndpoint()
  const messageActions = actionsOf(settings, now)
  const channels =
    options.channels ?? openChannels(settings.channels, { ...channelOptions(settings), write, actions: messageActions })
  const names = channels.map(({ channel }) => channel.name)
  const { heartbeatTargets: targets = [], heartbeatTokens = [], heartbeatSeconds = 30, watchedPeers = [] } = settings
  const fetch = proxiedFetch(settings)
  const hosts = targets.map((target) => target.host)
  const receivers = new Set<string>()
  const metrics = withReceivers(otelMetrics(endpoint.meter, names, hosts), receivers)
  const given = { ...(checkpoints && { checkpoints }), ...(times && { times }), ...(random && { random }) }
  const { inboxLimit, escalation: steps = [], rotations = [] } = settings
  const escalation = { steps, rotations, fetch }
  const { traceLink, grafanaUrl } = settings
  const explain = openExplanations({ traces: traceStore(settings), traceLink, grafanaUrl, now, write })
  const chart = chartsOf(settings, now, write)
  const core = await startCore({ store, channels, metrics, now, write, inboxLimit, explain, chart, escalation, ...given })
  if (setAside !== undefined) {
    write(`[BRIDGE] ${damagedDatabaseText(setAside)}`)
    await core.report(databaseDamaged(setAside))
  }
  const { watchdogSeconds, heartbeatUrl, tokens, host, port } = settings
  const watchdog =
    watchdogSeconds > 0 ? watchWatchdog({ core, sharing: store.sharing, now, afterMs: watchdogSeconds * 1000 }) : undefined
  const stopHeartbeat = heartbeatUrl && sendHeartbeat({ core, url: heartbeatUrl, write, fetch })
  const peers = await watchPeers({ peers: watchedPeers, core, now, runbooksUrl: settings.runbooksUrl })
  const stopPeerHeartbeats = sendToPeers({
    targets,
    core,
    body: peers.heartbeatBody,
    write,
    onSent: metrics.heartbeat,
    fetch,
    everyMs: heartbeatSeconds * 1000,
  })
  const { alertmanagerUrls = [] } = settings
  const silences = alertmanagerUrls.length > 0 ? alertmanagerSilences(alertmanagerUrls, fetch) : undefined
  const missingAlerts =
    silences && watchMissingAlerts({ store: core.store, silences, now, write, receivers: () => [...receivers] })
  metrics.observe({
    oldestAgeSeconds: () => inTime(oldestAgeSeconds(store, now)),
    database: store.database && { ...store.database, measure: () => inTime(store.database!.measure()) },
    openBreakers: core.openBreakers,
    watchdogAgeSeconds: () => watchdog?.ageSeconds(),
    peers: peers.states,
    missingAlerts: () => missingAlerts?.count(),
    unacknowledged: () => inTime(unacknowledged(store, now, steps.length > 0)),
  })

  const onStored = (): void => {
    core.wake()
    core.store.sharing?.announceWork()
  }
  const plan = { ...deliveryTimes, ...times }
  const endedSilences = silences && watchEndedSilences({ store: core.store, silences, steps, plan, now, write, onStored })

  async function stopAll(): Promise<void> {
    await endedSilences?.stop()
    await missingAlerts?.stop()
    watchdog?.stop()
    stopHeartbeat?.()
    stopPeerHeartbeats()
    peers.stop()
    await core.close()
    await endpoint.close()
  }

  try {
    const { requestTimeoutMs } = options
    const http = await serveHttp({
      core,
      endpoint,
      tokens,
      heartbeats: { tokens: heartbeatTokens, received: peers.received },
      ...peopleOptions({ settings, core, fetch, silences, onStored, links: messageActions?.links, now }),
      host,
      port,
      now,
      write,
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    })
    return {
      port: http.port,
      core,
      stop: async () => {
        http.drain()
        await http.close()
        await stopAll()
      },
    }
  } catch (error) {
    await stopAll()
    throw error
  }
}

/** The store of traces in the settings; it is reached without a proxy. */
function traceStore({ tracesUrl, tracesKind, tracesToken, tracesTenant }: BridgeSettings): TraceStore | undefined {
  if (tracesUrl === undefined) return undefined
  const server = { url: tracesUrl, token: tracesToken, tenant: tracesTenant }
  return (tracesKind === 'tempo' ? tempoStore : jaegerStore)(server, (input, init) => globalThis.fetch(input, init))
}

/** Charts from the Prometheus in the settings, unless they are off; it is reached without a proxy. */
function chartsOf(settings: BridgeSettings, now: () => number, write: (line: string) => void): ChartOfNotice | undefined {
  const { prometheusUrl: url, charts = 'on', prometheusToken: token, prometheusUser: user } = settings
  if (url === undefined || charts === 'off') return undefined
  const server = { url, token, user, password: settings.prometheusPassword, tenant: settings.prometheusTenant }
  const prometheus = prometheusRanges(server, (input, init) => globalThis.fetch(input, init))
  return openCharts({ prometheus, timeZone: settings.style?.timeZone, now, write })
}

/** Links and buttons of messages; undefined without a public address. */
function actionsOf(settings: BridgeSettings, now: () => number): MessageActions | undefined {
  const { publicUrl, linkSecrets = [], linkHours = 72, alertmanagerUrls = [], slackSigningSecret } = settings
  if (publicUrl === undefined) return undefined
  const lifeMs = linkHours * 3_600_000
  const links = { publicUrl, secrets: linkSecrets, hasList: hasList(settings), canSilence: alertmanagerUrls.length > 0, lifeMs }
  return { links, hasSlackButtons: slackSigningSecret !== undefined, now }
}

function hasList({ onCallTokens = [], userHeader }: BridgeSettings): boolean {
  return onCallTokens.length > 0 || userHeader !== undefined
}

interface PeopleOptions {
  readonly settings: BridgeSettings
  readonly core: BridgeCore
  readonly fetch: typeof globalThis.fetch
  readonly silences: Silences | undefined
  readonly onStored: () => void
  readonly links: MessageActions['links'] | undefined
  readonly now: () => number
}

/** The pages and buttons with which people act on incidents. */
function peopleOptions({
  settings,
  core,
  fetch,
  silences,
  onStored,
  links,
  now,
}: PeopleOptions): Pick<HttpOptions, 'incidents' | 'slack' | 'trustedProxies'> {
  const {
    linkSecrets: secrets = [],
    onCallTokens = [],
    userHeader,
    trustedProxies = [],
    alertmanagerUrls = [],
    slackSigningSecret,
  } = settings
  const isSecure = settings.publicUrl?.startsWith('https:') ?? false
  const access = onCallAccess({ tokens: onCallTokens, userHeader, trustedProxies, secrets, isSecure }, now)
  if (!hasList(settings) && links === undefined) return {}
  const actions = incidentActions({ store: core.store, now, silences, onStored })
  return {
    trustedProxies,
    incidents: {
      actions,
      links,
      secrets,
      canSilence: alertmanagerUrls.length > 0,
      access: hasList(settings) ? access : undefined,
      proxyUser: access.proxyUser,
      timeZone: settings.style?.timeZone,
    },
    slack: slackSigningSecret && { signingSecret: slackSigningSecret, secrets, actions, fetch },
  }
}

/** Channels that also serve the people of the escalation. */
export function channelOptions(settings: BridgeSettings): OpenChannelsOptions {
  const { style, escalation: steps = [], rotations = [] } = settings
  return { style, proxies: settings, people: peopleOf({ steps, rotations }) }
}

/** Names of receivers come from outside. */
const maxReceivers = 50

/** Adds the receiver of each notification to `receivers`. */
function withReceivers(metrics: BridgeMetrics, receivers: Set<string>): BridgeMetrics {
  return {
    ...metrics,
    notification: (receiver) => {
      if (receivers.size < maxReceivers) receivers.add(receiver)
      metrics.notification(receiver)
    },
  }
}

/** A scrape takes at most this long, also when the database does not answer. */
const scrapeWaitMs = 1_000

/** Every severity, also those without an open incident. */
async function unacknowledged(
  store: Pick<Store, 'unacknowledged'>,
  now: () => number,
  hasSteps: boolean,
): Promise<UnacknowledgedIncidents[]> {
  const found = await store.unacknowledged()
  return severities.map((severity) => {
    const { count = 0, oldestAt = now() } = found.find((one) => one.severity === severity) ?? {}
    return { severity, count, oldestAgeSeconds: hasSteps ? Math.max(now() - oldestAt, 0) / 1000 : undefined }
  })
}

function inTime<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  return Promise.race([reading.catch(() => undefined), pause(scrapeWaitMs, undefined, { ref: false })])
}

async function oldestAgeSeconds(store: Pick<Store, 'oldestPendingAt'>, now: () => number): Promise<number> {
  return Math.max(now() - ((await store.oldestPendingAt()) ?? now()), 0) / 1000
}
