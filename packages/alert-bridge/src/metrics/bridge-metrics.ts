import type { Meter } from '@opentelemetry/api'
import type { Severity } from '@swarmwatch/config'

import type { PeerState } from '../heartbeats/watch-peers.ts'
import { duplicateKinds } from '../intake/dedupe.ts'
import type { StoreDatabase } from '../outbox/store.ts'

/** Outcomes of an attempt, as values of a label. */
export const deliveryOutcomes = ['delivered', 'retry', 'channel_down', 'undeliverable', 'gave_up', 'collapsed'] as const
export type DeliveryOutcome = (typeof deliveryOutcomes)[number]

/** Counters and histograms of the bridge. */
export interface BridgeMetrics {
  /** Counts a notification that is stored, just before it is answered with 200. */
  readonly notification: (receiver: string) => void
  readonly received: () => void
  readonly duplicate: (kind: string) => void
  readonly delivery: (channel: string, outcome: DeliveryOutcome, count?: number) => void
  readonly latency: (channel: string, severity: Severity, seconds: number) => void
  readonly deadLetter: () => void
  readonly fallback: (channel: string) => void
  readonly unknownOutcome: (count?: number) => void
  /** Records the time from the beginning of an incident to its acknowledgment. */
  readonly acknowledged: (severity: Severity, seconds: number) => void
  /** Records the time from the beginning of an incident to its end. */
  readonly resolved: (severity: Severity, seconds: number) => void
  /** Counts a heartbeat to a peer. */
  readonly heartbeat: (target: string, hasWorked: boolean) => void
  /** Registers the gauges, which are read at each scrape. */
  readonly observe: (read: BridgeGauges) => void
}

/** Values of the gauges. */
export interface BridgeGauges {
  /** Undefined if the store does not answer in time. */
  readonly oldestAgeSeconds: () => Promise<number | undefined>
  readonly openBreakers: () => readonly { readonly channel: string; readonly isOpen: boolean }[]
  /** Undefined without a dead-man's switch. */
  readonly watchdogAgeSeconds: () => number | undefined
  readonly peers: () => readonly PeerState[]
  /** Alerts of Alertmanager that no notification contained; undefined while it cannot be asked, and without an address of it. */
  readonly missingAlerts: () => number | undefined
  /** Undefined if the store is a file. */
  readonly database?: DatabaseReadings | undefined
  /** Open incidents that no one has acknowledged; undefined if the store does not answer in time. */
  readonly unacknowledged: () => Promise<readonly UnacknowledgedIncidents[] | undefined>
}

/** Open incidents of one severity. */
export interface UnacknowledgedIncidents {
  readonly severity: Severity
  readonly count: number
  /** Age of the oldest one; undefined without `alerts.escalation`, when no one is expected to acknowledge. */
  readonly oldestAgeSeconds: number | undefined
}

/** Readings of the database server that the store is in. */
export interface DatabaseReadings extends Pick<StoreDatabase, 'connections'> {
  /** Undefined if the database does not answer in time. */
  readonly measure: () => Promise<Awaited<ReturnType<StoreDatabase['measure']>> | undefined>
}

/** Name of the console line for an alert that all channels failed to deliver. */
export const lastResortName = 'last_resort'

/** Names of receivers come from outside. */
const maxReceivers = 50
const otherReceiver = '__other__'

/** From a minute to a day. */
const incidentBounds = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
const latencyBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600]

/** Creates the instruments. Every counter starts at 0, because `rate()` does not see the first increase of a series that begins at 1. */
export function otelMetrics(meter: Meter, channels: readonly string[], targets: readonly string[] = []): BridgeMetrics {
  const received = meter.createCounter('bridge.received', { description: 'Accepted requests, including duplicates' })
  const notifications = meter.createCounter('bridge.notifications', {
    description: 'Notifications of Alertmanager and Grafana that were answered with 200, by receiver',
  })
  const duplicates = meter.createCounter('bridge.duplicates', {
    description: 'Notifications that had been delivered or stored before',
  })
  const deliveries = meter.createCounter('bridge.deliveries', { description: 'Attempts to deliver, by outcome' })
  const latency = meter.createHistogram('bridge.delivery.latency.seconds', {
    description: 'From acceptance to delivery',
    advice: { explicitBucketBoundaries: latencyBounds },
  })
  const deadLetters = meter.createCounter('bridge.dead.letters', { description: 'Deliveries that became dead letters' })
  const fallbacks = meter.createCounter('bridge.fallbacks', { description: 'Uses of fallback channels' })
  const unknown = meter.createCounter('bridge.unknown.outcomes', { description: 'Attempts that may have arrived' })
  const oldest = meter.createObservableGauge('bridge.inbox.oldest.age.seconds', {
    description: 'Age of the oldest pending delivery',
  })
  const open = meter.createObservableGauge('bridge.breaker.open', {
    description: '1 while the circuit breaker of a channel is open',
  })
  const watchdog = meter.createObservableGauge('bridge.watchdog.age.seconds', { description: 'Time since the last Watchdog' })

  const startedAtSeconds = Date.now() / 1000
  meter
    .createObservableGauge('bridge.start.time.seconds', { description: 'When the bridge started, in seconds since 1970' })
    .addCallback((result) => result.observe(startedAtSeconds))
  const receivers = new Set<string>()
  const heartbeats = meter.createCounter('bridge.heartbeats', { description: 'Heartbeats to bridges of other regions' })
  const peerAge = meter.createObservableGauge('bridge.peer.age.seconds', {
    description: 'Time since the last heartbeat of the bridge of another region, or since the watch for it began',
  })
  const peerSilent = meter.createObservableGauge('bridge.peer.silent', {
    description: '1 while the bridge of another region is reported as silent',
  })

  const acknowledging = meter.createHistogram('bridge.incident.acknowledge.seconds', {
    description: 'From the beginning of an incident to its acknowledgment',
    advice: { explicitBucketBoundaries: incidentBounds },
  })
  const resolving = meter.createHistogram('bridge.incident.resolve.seconds', {
    description: 'From the beginning of an incident to its end',
    advice: { explicitBucketBoundaries: incidentBounds },
  })
  const unacknowledged = meter.createObservableGauge('bridge.incidents.unacknowledged', {
    description: 'Open incidents that no one has acknowledged',
  })
  const unacknowledgedAge = meter.createObservableGauge('bridge.incidents.unacknowledged.oldest.age.seconds', {
    description: 'Age of the oldest incident that no one has acknowledged, while there is an escalation',
  })

  const missing = meter.createObservableGauge('bridge.alerts.missing', {
    description: 'Alerts that Alertmanager sends to the bridge and that no notification contained',
  })

  received.add(0)
  deadLetters.add(0)
  unknown.add(0)
  for (const kind of duplicateKinds) duplicates.add(0, { kind })
  for (const channel of channels) for (const outcome of deliveryOutcomes) deliveries.add(0, { channel, outcome })
  for (const target of targets) for (const outcome of ['sent', 'failed']) heartbeats.add(0, { target, outcome })
  for (const channel of [...channels, lastResortName]) fallbacks.add(0, { channel })

  return {
    received: () => received.add(1),
    notification: (receiver) => {
      if (receivers.size < maxReceivers) receivers.add(receiver)
      notifications.add(1, { receiver: receivers.has(receiver) ? receiver : otherReceiver })
    },
    duplicate: (kind) => duplicates.add(1, { kind }),
    delivery: (channel, outcome, count = 1) => deliveries.add(count, { channel, outcome }),
    latency: (channel, severity, seconds) => latency.record(seconds, { channel, severity }),
    deadLetter: () => deadLetters.add(1),
    fallback: (channel) => fallbacks.add(1, { channel }),
    unknownOutcome: (count = 1) => unknown.add(count),
    acknowledged: (severity, seconds) => acknowledging.record(seconds, { severity }),
    resolved: (severity, seconds) => resolving.record(seconds, { severity }),
    heartbeat: (target, hasWorked) => heartbeats.add(1, { target, outcome: hasWorked ? 'sent' : 'failed' }),
    observe: (read) => {
      oldest.addCallback(async (result) => {
        const age = await read.oldestAgeSeconds()
        if (age !== undefined) result.observe(age)
      })
      open.addCallback((result) => {
        for (const { channel, isOpen } of read.openBreakers()) result.observe(Number(isOpen), { channel })
      })
      meter.addBatchObservableCallback(
        async (result) => {
          for (const { severity, count, oldestAgeSeconds } of (await read.unacknowledged()) ?? []) {
            result.observe(unacknowledged, count, { severity })
            if (oldestAgeSeconds !== undefined) result.observe(unacknowledgedAge, oldestAgeSeconds, { severity })
          }
        },
        [unacknowledged, unacknowledgedAge],
      )
      missing.addCallback((result) => {
        const count = read.missingAlerts()
        if (count !== undefined) result.observe(count)
      })
      watchdog.addCallback((result) => {
        const age = read.watchdogAgeSeconds()
        if (age !== undefined) result.observe(age)
      })
      peerAge.addCallback((result) => {
        for (const { peer, ageSeconds } of read.peers()) result.observe(ageSeconds, { peer })
      })
      peerSilent.addCallback((result) => {
        for (const { peer, isSilent } of read.peers()) result.observe(Number(isSilent), { peer })
      })
      if (read.database) observeDatabase(meter, read.database)
    },
  }
}

function observeDatabase(meter: Meter, { connections, measure }: DatabaseReadings): void {
  const failures = meter.createObservableCounter('bridge.database.failures', {
    description: 'Attempts to connect to the database that failed',
  })
  const waited = meter.createObservableCounter('bridge.database.wait.seconds', {
    description: 'Time that calls waited for a connection to the database, added up',
  })
  const size = meter.createObservableGauge('bridge.database.size.bytes', {
    description: 'Size of the tables of the bridges in the database, with their indexes',
  })
  const lag = meter.createObservableGauge('bridge.database.standby.lag.seconds', {
    description: 'Lag of the slowest standby of the database, if the role may read it',
  })
  meter.addBatchObservableCallback(
    async (result) => {
      const { failures: failed, waitedSeconds } = connections()
      result.observe(failures, failed)
      result.observe(waited, waitedSeconds)
      const measured = await measure()
      if (measured === undefined) return
      result.observe(size, measured.sizeBytes)
      if (measured.standbyLagSeconds !== undefined) result.observe(lag, measured.standbyLagSeconds)
    },
    [failures, waited, size, lag],
  )
}
