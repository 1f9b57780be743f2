import { setTimeout as delay } from 'node:timers/promises'

import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'

// A process of its own: 100 agents that finish about as many executions a second as asked, and their status page

const [callsPerSecond = 10_000, seconds = 5] = process.argv.slice(2).map(Number)
const tickMs = 10

const telemetry = await startTelemetry({
  serviceName: 'page-load',
  configFile: false,
  metrics: { port: false },
  monitor: { port: 0 },
})
const agents = Array.from({ length: 100 }, (_, number) =>
  instrumentAgent(async (text: string) => text.length, { name: `agent-${number}` }),
)
process.send?.({ pageUrl: telemetry.pageUrl })

let made = 0
let busyMs = 0
const startedMs = performance.now()
for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - startedMs) {
  const due = Math.min((elapsed / 1000) * callsPerSecond, made + callsPerSecond)
  const begun = performance.now()
  for (; made < due; made += 1) await agents[made % agents.length]!('a task')
  busyMs += performance.now() - begun
  await delay(tickMs)
}
process.send?.({ callsPerSecond: made / seconds, microsecondsPerCall: (busyMs * 1000) / made })
await telemetry.shutdown()
process.disconnect()
