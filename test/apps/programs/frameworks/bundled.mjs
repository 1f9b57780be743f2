import { instrumentMcpClient } from '@swarmwatch/instrumentation'
import { startTelemetry } from '@swarmwatch/node'

import ask from './ask.cjs'
import { modules } from './modules.mjs'

async function main() {
  const telemetry = await startTelemetry()
  await ask({ ...modules, instrumentMcpClient })
  await telemetry.shutdown()
}
void main()
