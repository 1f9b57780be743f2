import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'
import { setTimeout as pause } from 'node:timers/promises'

// Because @swarmwatch/alert-bridge is installed, alerts are stored on disk and sent from this process
const telemetry = await startTelemetry({
  serviceName: 'my-agents',
  serviceInstanceId: 'worker-1',
  handleSignals: true,
  monitor: { intervalSeconds: 1 },
  alerts: {
    channels: [{ type: 'email', recipients: ['on-call@example.com'] }],
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

let isProviderDown = true
const agent = instrumentAgent(
  async (question: string) => {
    if (isProviderDown) throw Object.assign(new Error('the provider is down'), { status: 503 })
    return `an answer to: ${question}`
  },
  { name: 'helper', recovery: false, logger: false },
)

// Three failed runs, and after a while many that succeed: the alert fires and is resolved
for (let run = 0; run < 3; run += 1) await agent('How do I log in?').catch(() => {})
await pause(5_000)
isProviderDown = false
for (let run = 0; run < 60; run += 1) await agent('How do I log in?')
await pause(5_000)
await telemetry.shutdown()
process.exit()
