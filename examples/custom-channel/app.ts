import { serve } from '@hono/node-server'
import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'

import { customChannel } from './channel.ts'

const secret = process.env.ALERT_WEBHOOK_SECRET ?? `whsec_${randomBytes(32).toString('base64')}`

// The channel may run anywhere; here it is part of the program. It is down for the first message.
let messages = 0
const channel = customChannel(secret, async ({ status, severity, title }) => {
  messages += 1
  if (messages === 1) throw new Error('the lamp in the office is not plugged in')
  console.log(`[LAMP] ${status} ${severity}: ${title}`)
})
channel.onError((error, context) => {
  console.log(`[CHANNEL] ${error.message}`)
  return context.text('try again', 503, { 'retry-after': '1' })
})
const server = serve({ fetch: channel.fetch, hostname: '127.0.0.1', port: 0 })
await once(server, 'listening')
const address = server.address()
const port = typeof address === 'object' ? address?.port : undefined

await startTelemetry({
  serviceName: 'my-agents',
  handleSignals: true,
  monitor: { intervalSeconds: 1 },
  alerts: {
    channels: [{ type: 'webhook', url: `http://127.0.0.1:${port}/alerts`, secret, allowedPrivateHosts: ['127.0.0.1'] }],
    rules: [
      {
        name: 'AgentsUnhealthy',
        condition: ({ score }) => score < 80,
        severity: 'critical',
        description: 'the health score is below 80',
      },
    ],
  },
})

const agent = instrumentAgent(
  async () => {
    throw Object.assign(new Error('the provider is down'), { status: 503 })
  },
  { name: 'helper', recovery: false, logger: false },
)
for (let run = 0; run < 3; run += 1) await agent().catch(() => {})
