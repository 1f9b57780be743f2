// An application outside the stack, whose agents send their telemetry to the Collector. Each line on stdin is a command:
//   fail NAME COUNT     COUNT calls at once that fail permanently
//   succeed NAME COUNT  COUNT calls that succeed
//   count               prints how all calls so far have ended: counts {"NAME":{"success":1,"failure":2}}
// In addition, one agent, `ticker`, succeeds TICKS_PER_SECOND times a second. At the end of stdin it flushes and prints the counts.
import { createInterface } from 'node:readline'

import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'

type Agent = (fails: boolean) => Promise<void>

const telemetry = await startTelemetry({ serviceName: 'outside-agents', serviceNamespace: 'street' })
const agents = new Map<string, Agent>()
const counts: Record<string, { success: number; failure: number }> = {}

async function work(fails: boolean): Promise<void> {
  if (fails) throw Object.assign(new Error('the provider is down'), { status: 503 })
}

function agentNamed(name: string): Agent {
  const agent = agents.get(name) ?? instrumentAgent(work, { name })
  agents.set(name, agent)
  return agent
}

async function call(name: string, fails: boolean): Promise<void> {
  const count = (counts[name] ??= { success: 0, failure: 0 })
  await agentNamed(name)(fails).then(
    () => (count.success += 1),
    () => (count.failure += 1),
  )
}

const perSecond = Number(process.env['TICKS_PER_SECOND'])
const begunMs = performance.now()
let ticks = 0
// By the clock: a timer that comes late makes up for it
const ticker = setInterval(() => {
  for (const due = ((performance.now() - begunMs) * perSecond) / 1000; ticks < due; ticks += 1) void call('ticker', false)
}, 1000 / perSecond)
for await (const line of createInterface(process.stdin)) {
  const [order = '', name = '', times = '0'] = line.split(' ')
  if (order === 'count') console.log(`counts ${JSON.stringify(counts)}`)
  else for (let number = 0; number < Number(times); number += 1) void call(name, order === 'fail')
}
clearInterval(ticker)
await telemetry.shutdown()
console.log(`counts ${JSON.stringify(counts)}`)
