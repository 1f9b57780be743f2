import { onTestFinished } from 'vitest'

import { startTelemetry, type Telemetry, type TelemetryOptions } from '../src/index.ts'
import { recordedLines } from './recorded-lines.ts'

/**
 * Telemetry on a free port with no environment, stopped when the test ends; `lines` are its log
 * lines.
 */
export async function startedTelemetry(options: TelemetryOptions = {}): Promise<{ telemetry: Telemetry; lines: string[] }> {
  const { lines, logger } = recordedLines()
  const telemetry = await startTelemetry({
    env: {},
    configFile: false,
    logger,
    metrics: { port: 0 },
    monitor: { port: false },
    ...options,
  })
  onTestFinished(() => telemetry.shutdown())
  return { telemetry, lines }
}
