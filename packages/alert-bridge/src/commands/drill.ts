import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { metrics } from '@opentelemetry/api'
import { channelHint } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import { startCore } from '../bridge-core.ts'
import { steadyClock } from '../clock.ts'
import type { Notice } from '../message/notice.ts'
import { otelMetrics } from '../metrics/bridge-metrics.ts'
import { openSqliteStore } from '../outbox/sqlite/open-sqlite-store.ts'
import type { StoredDelivery } from '../outbox/store.ts'
import type { RoutedChannel } from '../routing.ts'
import { table } from './table.ts'

export interface DrillOptions {
  readonly channels: readonly RoutedChannel[]
  readonly write: (line: string) => void
  /** Why channels of the settings are off. @default none */
  readonly notices?: readonly string[]
  /** Writes one JSON document in place of a table. @default false */
  readonly json?: boolean
  /** @default 40 s */
  readonly timeoutMs?: number
}

/**
 * Sends a message marked as a test through every channel, the whole way from acceptance over the disk to the provider, in a data folder
 * of its own so that a running bridge is not disturbed. Prints a table; returns the exit code.
 */
export async function drill(options: DrillOptions): Promise<ExitCode> {
  const { channels, write, notices = [], json = false, timeoutMs = 40_000 } = options
  if (channels.length === 0) {
    if (json) write(asJson({ deliveries: [], reached: 0, notes: [...notices, noChannel] }))
    else for (const line of [...notices, noChannel]) write(line)
    return 1
  }
  const folder = mkdtempSync(join(tmpdir(), 'alert-bridge-drill-'))
  const now = steadyClock()
  const { store } = openSqliteStore(folder)
  const counted = otelMetrics(metrics.getMeter('@swarmwatch/alert-bridge'), [])
  const core = await startCore({ store, channels, metrics: counted, now, write: () => {}, reportsChannels: false })
  try {
    await core.acceptNotice(drillNotice(now()))
    const deliveries = await settled(() => store.list({}), now, timeoutMs)
    const results = deliveries.toReversed().map(resultOf)
    const reached = deliveries.filter(({ state }) => state === 'delivered').length
    if (json) write(asJson({ deliveries: results, reached, notes: notices }))
    else {
      write(table([['channel', 'recipient', 'result', 'latency', 'reason'], ...results.map(rowOf)]))
      for (const notice of notices) write(notice)
      write(`${reached} of ${deliveries.length} reached`)
    }
    return reached === deliveries.length && reached > 0 ? 0 : 1
  } finally {
    await core.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const noChannel = `there is no channel to test: set ${channelHint}, or alerts.channels in config/production.yaml`

function drillNotice(at: number): Notice {
  return {
    kind: 'drill',
    severity: 'critical',
    incidentKey: `drill:${randomUUID()}`,
    title: 'This is a test of the alert channels',
    text: 'Nothing is wrong. The command "alert-bridge drill" sent this message; if you can read it, this channel works.',
    alerts: [],
    startedAt: new Date(at).toISOString(),
  }
}

/** All deliveries once each was delivered, is dead or has failed; or as they are after `timeoutMs`. */
async function settled(list: () => Promise<StoredDelivery[]>, now: () => number, timeoutMs: number): Promise<StoredDelivery[]> {
  const until = now() + timeoutMs
  for (;;) {
    const deliveries = await list()
    if (now() > until || deliveries.every(({ state, attempts }) => state !== 'pending' || attempts > 0)) return deliveries
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface DrillResult {
  readonly channel: string
  readonly recipient: string
  readonly result: 'delivered' | 'undeliverable' | 'failed'
  readonly latencyMs: number | null
  readonly reason: string
}

function resultOf({ channel, recipient, state, createdAt, finishedAt, reason }: StoredDelivery): DrillResult {
  const result = state === 'delivered' ? 'delivered' : state === 'dead' ? 'undeliverable' : 'failed'
  const latencyMs = state === 'delivered' ? Math.max((finishedAt ?? createdAt) - createdAt, 0) : null
  return { channel, recipient, result, latencyMs, reason: reason ?? (state === 'pending' ? 'no answer in time' : '') }
}

function rowOf({ channel, recipient, result, latencyMs, reason }: DrillResult): string[] {
  return [channel, recipient, result, latencyMs === null ? '-' : `${latencyMs} ms`, reason]
}
