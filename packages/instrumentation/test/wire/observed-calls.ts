import { instrumentAgent } from '@swarmwatch/sdk'
import { type RecordedExecution, type RecordedSpan, startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { onTestFinished } from 'vitest'

import { type WireConfig, WireInstrumentation } from '../../src/sources/wire/wire-instrumentation.ts'

/** Enables the wire and test telemetry until the test ends. */
export async function observeWire(config: WireConfig = {}): Promise<TestTelemetry & { readonly wire: WireInstrumentation }> {
  const telemetry = await startTestTelemetry()
  const wire = new WireInstrumentation(config)
  onTestFinished(async () => {
    wire.disable()
    await telemetry.shutdown()
  })
  return Object.assign(telemetry, { wire })
}

/** Runs `work` as an agent, and returns its record and the spans of its model calls. */
export async function runAsAgent(
  telemetry: TestTelemetry,
  work: () => Promise<unknown>,
): Promise<{ readonly execution: RecordedExecution; readonly calls: readonly RecordedSpan[] }> {
  await instrumentAgent(work, { name: 'caller', logger: false, recovery: false })().catch(() => undefined)
  return { execution: telemetry.executions('caller').at(-1)!, calls: modelCalls(telemetry) }
}

/** The spans of model calls that have ended. */
export function modelCalls(telemetry: TestTelemetry): readonly RecordedSpan[] {
  return telemetry.spans().filter(({ attributes }) => 'gen_ai.provider.name' in attributes)
}

/** Sends JSON as clients of model APIs do, and reads the whole response. */
export async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer secret-key', ...headers },
    body: JSON.stringify(body),
  })
  return response.text()
}
