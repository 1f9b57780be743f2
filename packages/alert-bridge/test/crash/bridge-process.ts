import { Secret } from '@swarmwatch/config'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import type { Checkpoint } from '../../src/checkpoint.ts'
import { serve } from '../../src/commands/serve.ts'
import { shortTimes } from '../kit/short-times.ts'
import { token } from '../kit/token.ts'

// A whole bridge in a process of its own that can be told, by CRASH_AT=<checkpoint>:<nth time>, to kill itself at such a moment.

const { SINK_URL = '', DATA_DIR = '', CRASH_AT = '', PORT = '0' } = process.env
const [crashAt, nth] = CRASH_AT.split(':')
let left = Number(nth)

function reached(checkpoint: Checkpoint): void {
  if (checkpoint === crashAt && --left === 0) process.kill(process.pid, 'SIGKILL')
}

const channel: Channel = {
  name: 'sink',
  type: 'webhook',
  recipients: ['a', 'b'],
  concurrency: 8,
  deliver: async ({ id, recipient, notice, mayHaveArrived }, signal): Promise<DeliveryResult> => {
    const body = JSON.stringify({ id, recipient, kind: notice.kind, title: notice.title, mayHaveArrived })
    try {
      const response = await fetch(SINK_URL, { method: 'POST', body, signal })
      await response.text()
      return response.ok ? { kind: 'delivered' } : { kind: 'retry', reason: `HTTP ${response.status}` }
    } catch {
      return { kind: 'retry', reason: 'cut off', unknown: true }
    }
  },
  close: async () => {},
}

process.exitCode = await serve(
  {
    port: Number(PORT),
    host: '127.0.0.1',
    tokens: [new Secret(token)],
    dataDir: DATA_DIR,
    heartbeatUrl: undefined,
    watchdogSeconds: 0,
    channels: [],
    notices: [],
  },
  {
    channels: [{ channel, severities: ['critical', 'warning', 'info'], fallback: false, quietHours: undefined }],
    times: { ...shortTimes, stormWindowMs: 0, fallbackAfterMs: 60_000, lastResortAfterMs: 60_000 },
    checkpoints: { reached },
  },
)
