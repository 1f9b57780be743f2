import { gzipSync } from 'node:zlib'

import type { RecordedHistogram } from '@swarmwatch/testing'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { modelCalls, observeWire, runAsAgent } from './observed-calls.ts'
import { events, eventStream, startScriptedServer, type ScriptedAnswer } from './scripted-server.ts'

const chunk = (content: string): object => ({ id: 'times', model: 'm-1', choices: [{ index: 0, delta: { content } }] })

/** Values of the metric after a streamed call, whose client calls `received` with what it has read so far. */
async function timesOf(
  answer: ScriptedAnswer,
  received: (text: string) => void = () => {},
): Promise<RecordedHistogram | undefined> {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer(answer)
  await runAsAgent(telemetry, async () => {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{"model":"m","stream":true}' })
    let text = ''
    for await (const bytes of response.body!) received((text += Buffer.from(bytes).toString()))
  })
  await eventually('the call to end', () => modelCalls(telemetry).length > 0)
  const found = (await telemetry.metrics()).find(({ name }) => name === 'gen_ai.client.inference.time_per_output_chunk')
  return found?.points[0]?.value as RecordedHistogram | undefined
}

test('each chunk of a stream after the first has the time since the end of the one before it', async () => {
  const firstArrived = Promise.withResolvers<void>()
  const [half, otherHalf] = [events(chunk('d')).slice(0, 30), events(chunk('d')).slice(30)]
  const pause = (): Promise<void> => firstArrived.promise.then(() => new Promise((passed) => setTimeout(passed, 90)))
  const pieces = [events(chunk('a')), pause, events(chunk('b'), chunk('c')) + half, otherHalf, events('[DONE]')]
  const times = await timesOf({ headers: eventStream, pieces }, (text) => {
    if (text.includes('\n\n')) firstArrived.resolve()
  })
  expect(times?.count).toBe(3)
  // b waited; c arrived together with b
  expect(times?.max).toBeGreaterThan(0.08)
  expect(times?.min).toBe(0)
})

test.each([
  { what: 'a stream of one chunk', answer: { headers: eventStream, pieces: [events(chunk('a'), '[DONE]')] } },
  { what: 'an answer that is no stream', answer: { pieces: [JSON.stringify(chunk('a'))] } },
  {
    what: 'a compressed stream',
    answer: {
      headers: { ...eventStream, 'content-encoding': 'gzip' },
      pieces: [gzipSync(events(chunk('a'), chunk('b')))],
    },
  },
])('$what has no times between chunks', async ({ answer }) => {
  expect(await timesOf(answer)).toBeUndefined()
})

test('a stream records at most 2,000 times between chunks', async () => {
  const pieces = [events(...Array.from({ length: 2500 }, () => chunk('a')))]
  expect((await timesOf({ headers: eventStream, pieces }))?.count).toBe(2000)
})
