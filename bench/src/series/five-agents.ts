import { startTelemetry } from '@swarmwatch/node'
import { currentExecution, instrumentAgent, instrumentTool } from '@swarmwatch/sdk'

// A process with five agents, each with three tools, that recovers, fails, and reports tokens and cost. Run by measure-series.ts

const telemetry = await startTelemetry()
const tools = ['read_file', 'write_file', 'list_items'].map((name) => instrumentTool(async () => name, { name }))

for (let index = 0; index < 5; index += 1) {
  const agent = instrumentAgent(
    async (failures: readonly number[]) => {
      const execution = currentExecution()!
      for (const tool of tools) await tool()
      execution.addTokens({ input: 100, output: 10, model: 'gpt-4.1-mini' })
      execution.addCost(0.01, { model: 'gpt-4.1-mini' })
      const status = failures[execution.attempt - 1]
      if (status !== undefined) throw Object.assign(new Error('the provider refused'), { status })
    },
    { name: `agent-${index}`, logger: false, recovery: { maxRetries: 1, baseDelaySeconds: 0.01 } },
  )
  await agent([])
  await agent([429])
  await agent([500, 500]).catch(() => {})
  await agent([400]).catch(() => {})
}
await telemetry.flush()
process.exit()
