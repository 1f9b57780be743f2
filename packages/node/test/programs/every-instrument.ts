import { setTimeout as pause } from 'node:timers/promises'

import { startTelemetry } from '../../src/index.ts'
import { useEveryInstrument } from '../engines/every-instrument.ts'
import { openEveryModel } from '../every-model.ts'

// A process in which every instrument of the SDK has values that grow, until SIGTERM
const telemetry = await startTelemetry()
// One address for all rounds: each other one would be a label, and its series would never end
await using models = await openEveryModel()
let isStopped = false
process.once('SIGTERM', () => (isStopped = true))
while (!isStopped) {
  await useEveryInstrument(models)
  await pause(1_000)
}
await telemetry.shutdown()
