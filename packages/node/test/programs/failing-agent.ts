import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'

import { startTelemetry } from '../../src/index.ts'

// A writer that succeeds and then fails in a tool, a reader that retries, and a planner that is slow once. It prints the execution ids of
// the failed runs in its [FAILED] lines, exports everything and ends.
const telemetry = await startTelemetry({
  serviceName: 'failing',
  environment: 'production',
  region: 'eu-1',
  configFile: false,
  monitor: { port: false },
})

let failing = false
const search = instrumentTool(
  async () => {
    if (failing) throw Object.assign(new Error('the search is down'), { status: 503 })
  },
  { name: 'search' },
)
const writer = instrumentAgent(async () => search(), { name: 'writer', recovery: false })
await writer()
failing = true
for (let run = 0; run < 2; run += 1) await writer().catch(() => {})
failing = false
await writer()

let calls = 0
const reader = instrumentAgent(
  async () => {
    calls += 1
    if (calls === 2) throw Object.assign(new Error('slow down'), { status: 429 })
  },
  { name: 'reader', recovery: { maxRetries: 1, baseDelaySeconds: 0 } },
)
await reader()
await reader()
await reader()

let waitMs = 1
const planner = instrumentAgent(() => new Promise<void>((resolve) => void setTimeout(resolve, waitMs)), { name: 'planner' })
await planner()
waitMs = 300
await planner()
waitMs = 1
await planner()

await telemetry.shutdown()
