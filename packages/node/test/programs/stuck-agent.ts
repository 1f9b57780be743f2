import { currentExecution, instrumentAgent, instrumentTool, startExecution } from '@swarmwatch/sdk'
import { systemClock, useClock } from '@swarmwatch/sdk/clock'

import { startTelemetry } from '../../src/index.ts'

// Agents with a run that hangs in a tool, one that waits for a person, and one that takes long but makes progress. Each began a minute ago.
await startTelemetry({
  serviceName: 'stuck',
  environment: 'production',
  region: 'eu-1',
  configFile: false,
  monitor: { port: false },
})
const never = (): Promise<never> => new Promise(() => {})
const options = { recovery: false, logger: false } as const
setInterval(() => {
  for (const name of ['hanging', 'approving', 'working'])
    startExecution(name).complete({ success: true, metrics: { duration: 0.2 } })
}, 50)

const restore = useClock(() => ({ ...systemClock, wallClock: () => Date.now() - 60_000 }))
const search = instrumentTool(never, { name: 'search' })
void instrumentAgent(
  async () => {
    console.log(`hanging: ${currentExecution()!.id}`)
    await search()
  },
  { ...options, name: 'hanging' },
)()
void instrumentAgent(
  async () => {
    currentExecution()!.pause('approval of the refund')
    await never()
  },
  { ...options, name: 'approving' },
)()
restore()
void instrumentAgent(
  async () => {
    const execution = currentExecution()!
    setInterval(() => execution.progress(), 100)
    await never()
  },
  { ...options, name: 'working' },
)()
