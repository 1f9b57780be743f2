import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'
import { setInterval } from 'node:timers/promises'

const telemetry = await startTelemetry({ serviceName: 'quickstart', handleSignals: true })
console.log('page at', telemetry.pageUrl)
console.log('metrics at', telemetry.metricsUrl)

// Your agent: any function. This one plays a provider that is busy in the first call.
let calls = 0
async function answer(question: string): Promise<string> {
  calls += 1
  if (calls === 1) throw Object.assign(new Error('rate limited'), { status: 429 })
  return `an answer to: ${question}`
}

const agent = instrumentAgent(answer, { name: 'helper', recovery: { baseDelaySeconds: 0.1 } })
console.log(await agent('How do I log in?'))

// In place of your server: a question every second until Ctrl-C
for await (const _ of setInterval(1_000)) await agent('How do I log out?')
