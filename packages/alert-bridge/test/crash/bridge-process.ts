import { type EscalationStep, Secret } from '@swarmwatch/config'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import type { Checkpoint } from '../../src/checkpoint.ts'
import { serve } from '../../src/commands/serve.ts'
import type { DeliveryTimes } from '../../src/deliveries/delivery-context.ts'
import type { WatchedPeer } from '../../src/heartbeats/peer-settings.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { token } from '../helpers/token.ts'

// A whole bridge in its own process. CRASH_AT=<checkpoint>:<nth time> makes it kill itself at that moment.

const {
  SINK_URL = '',
  DATA_DIR = '',
  DATABASE_URL = '',
  CRASH_AT = '',
  PORT = '0',
  WATCHDOG_SECONDS = '0',
  RESERVE_URL = '',
  PEERS = '',
  LINK_SECRET = '',
  ALERTMANAGER_URL = '',
  ESCALATION = '[]',
  TIMES = '{}',
} = process.env
const [crashAt, nth] = CRASH_AT.split(':')
let left = Number(nth)

function reached(checkpoint: Checkpoint): void {
  if (checkpoint === crashAt && --left === 0) process.kill(process.pid, 'SIGKILL')
}

const channelTo = (name: string, url: string, recipients: readonly string[]): Channel => ({
  name,
  recipients,
  concurrency: 8,
  deliver: async ({ id, recipient, notice, mayHaveArrived }, signal): Promise<DeliveryResult> => {
    const { kind, title, incidentKey, escalation, incidents } = notice
    const stepOf = (round: number): string | undefined => escalation && `${escalation.number}.${round}`
    const step = stepOf(escalation?.round ?? 0)
    const steps = incidents?.map((one) => ({ incidentKey: one.incidentKey, title: one.title, step: stepOf(one.round) }))
    const body = JSON.stringify({ id, recipient, kind, title, incidentKey, mayHaveArrived, step, steps })
    try {
      const response = await fetch(url, { method: 'POST', body, signal })
      await response.text()
      return response.ok ? { kind: 'delivered' } : { kind: 'retry', reason: `HTTP ${response.status}` }
    } catch {
      return { kind: 'retry', reason: 'cut off', unknown: true }
    }
  },
  close: async () => {},
})

const severities = ['critical', 'warning', 'info'] as const
const sink = {
  type: 'email' as const,
  channel: channelTo('sink', SINK_URL, RESERVE_URL === '' ? ['a', 'b'] : ['a']),
  severities,
  fallback: false,
  quietHours: undefined,
}
const reserve = { ...sink, channel: channelTo('reserve', RESERVE_URL, ['a']), severities: ['info'] as const, fallback: true }

process.exitCode = await serve(
  {
    port: Number(PORT),
    host: '127.0.0.1',
    tokens: [new Secret(token)],
    dataDir: DATA_DIR,
    ...(DATABASE_URL !== '' && { databaseUrl: new Secret(DATABASE_URL) }),
    heartbeatUrl: undefined,
    watchdogSeconds: Number(WATCHDOG_SECONDS),
    ...(JSON.parse(PEERS || '{}') as { watchedPeers?: readonly WatchedPeer[] }),
    ...(LINK_SECRET !== '' && { publicUrl: 'https://bridge.example.com', linkSecrets: [new Secret(LINK_SECRET)] }),
    ...(ALERTMANAGER_URL !== '' && { alertmanagerUrls: [new Secret(ALERTMANAGER_URL)] }),
    channels: [],
    notices: [],
    escalation: JSON.parse(ESCALATION) as readonly EscalationStep[],
  },
  {
    channels: RESERVE_URL === '' ? [sink] : [sink, reserve],
    times: {
      ...shortTimes,
      stormWindowMs: 0,
      fallbackAfterMs: RESERVE_URL === '' ? 60_000 : 3_000,
      lastResortAfterMs: 60_000,
      ...(JSON.parse(TIMES) as Partial<DeliveryTimes>),
    },
    checkpoints: { reached },
  },
)
