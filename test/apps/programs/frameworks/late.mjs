import { startTelemetry } from '@swarmwatch/node'

import ask from './ask.cjs'
import { modules } from './modules.mjs'

const telemetry = await startTelemetry()
await ask(modules)
await telemetry.shutdown()
