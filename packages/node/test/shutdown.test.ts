import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { runNode } from './run-node.ts'
import { startedTelemetry } from './started-telemetry.ts'
import { deadAddress, testCollector } from './test-collector.ts'

// child processes start slowly on a busy machine

/** Shuts down; prints after how many ms that returned and after how many the program ended. */
const program = `
  import { startTelemetry } from './src/index.ts'
  import { instrumentAgent } from '@swarmwatch/sdk'
  const telemetry = await startTelemetry({ configFile: false, metrics: { port: 0 }, monitor: { port: false } })
  await instrumentAgent(async () => {}, { name: 'last' })()
  const startedAt = performance.now()
  await telemetry.shutdown()
  console.log(performance.now() - startedAt)
  process.once('exit', () => console.log(performance.now() - startedAt))`

/** The same while exports of both signals are in progress to a collector that never answers. */
const programUnderWay = `
  import { startTelemetry } from './src/index.ts'
  import { instrumentAgent } from '@swarmwatch/sdk'
  import { eventually } from '@swarmwatch/testkit'
  import { testCollector } from './test/test-collector.ts'
  const collector = await testCollector('silence')
  const telemetry = await startTelemetry({ configFile: false, metrics: { port: 0 }, monitor: { port: false }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  await instrumentAgent(async () => {}, { name: 'last' })()
  void telemetry.flush()
  await eventually('exports in progress', () => collector.received[1])
  const startedAt = performance.now()
  await telemetry.shutdown()
  console.log(performance.now() - startedAt)
  await collector.close()
  process.once('exit', () => console.log(performance.now() - startedAt))`

async function expectToEndInTime(what: string, code: string, env: Record<string, string>): Promise<void> {
  const ended = await runNode(['--input-type=module', '--eval', code], { env })
  const [returned = Infinity, exited = Infinity] = ended.stdout.trim().split('\n').map(Number)
  console.log(`${what}: shutdown returned after ${Math.round(returned)} ms, the program ended after ${Math.round(exited)} ms`)
  expect(ended).toMatchObject({ code: 0, signal: null })
  expect(exited).toBeLessThan(5_000)
}

test.concurrent.each(['refused', 'silence', 503, 429, 200] as const)(
  'shutdown returns and the program ends within 5 seconds when the collector answers with %s',
  async (how) => {
    await using collector = how === 'refused' ? undefined : await testCollector(how)
    await expectToEndInTime(`collector ${how}`, program, { OTEL_EXPORTER_OTLP_ENDPOINT: collector?.url ?? (await deadAddress()) })
  },
)

test.concurrent('shutdown returns and the program ends within 5 seconds while exports hang that have ten', async () => {
  await expectToEndInTime('exports in progress', programUnderWay, {})
})

test('a second call returns the same promise', async () => {
  const { telemetry } = await startedTelemetry()
  const first = telemetry.shutdown()
  expect(telemetry.shutdown()).toBe(first)
  await first
  expect(telemetry.shutdown()).toBe(first)
})

test('shutdown returns although a processor of yours throws and another never ends', async () => {
  const processor = (shutdown: () => Promise<void>) => ({ onStart() {}, onEnd() {}, forceFlush: shutdown, shutdown })
  const throwing = processor(() => {
    throw new Error('broken')
  })
  const { telemetry } = await startedTelemetry({ spanProcessors: [throwing, processor(() => new Promise(() => {}))] })
  const startedAt = performance.now()
  await telemetry.shutdown()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('flush returns after its timeout although the collector never answers, and a wrong one is reported', async () => {
  await using collector = await testCollector('silence')
  const { telemetry, lines } = await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  const startedAt = performance.now()
  await telemetry.flush({ timeoutMs: 50 })
  // without the timeout it takes 4.5 s
  expect(performance.now() - startedAt).toBeLessThan(4_000)
  expect(lines).toEqual([])
  collector.answerWith(200)
  await telemetry.flush({ timeoutMs: Number.NaN })
  expect(lines).toContain(
    '[TELEMETRY] flush(): timeoutMs must be a number of milliseconds, 0 or more, got NaN; the default is used',
  )
})

test('the next flush sends data that a flush did not send in time', async () => {
  await using collector = await testCollector(503)
  const { telemetry } = await startedTelemetry({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  await instrumentAgent(async () => {}, { name: 'not-in-time' })()
  await telemetry.flush({ timeoutMs: 50 })
  collector.answerWith(200)
  const before = collector.received.length
  await telemetry.flush()
  const sent = collector.received.slice(before)
  for (const path of ['/v1/metrics', '/v1/traces'])
    expect(sent.filter((each) => each.path === path && each.body.includes('not-in-time'))).not.toEqual([])
})
