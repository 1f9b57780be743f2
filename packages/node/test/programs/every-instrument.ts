import { setTimeout as pause } from 'node:timers/promises'

import { startTelemetry } from '../../src/index.ts'
import { useEveryInstrument } from '../engines/every-instrument.ts'

// A process in which every instrument of the SDK has values that grow, until SIGTERM
const telemetry = await startTelemetry()
let isStopped = false
process.once('SIGTERM', () => (isStopped = true))
while (!isStopped) {
  await useEveryInstrument()
  await pause(1_000)
}
await telemetry.shutdown()
