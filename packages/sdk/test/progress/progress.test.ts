import { afterAll, afterEach, expect, test } from 'vitest'

import { useClock, systemClock } from '../../src/clock.ts'
import {
  currentExecution,
  getActiveExecutions,
  instrumentAgent,
  instrumentTool,
  recordInference,
  type ExecutionRecord,
} from '../../src/index.ts'
import { beginInference } from '../../src/inference/begin-inference.ts'
import { beginToolCall } from '../../src/inference/begin-tool-call.ts'

let nowMs = 1_000_000
const restore = useClock(() => ({ ...systemClock, now: () => nowMs, wallClock: () => nowMs }))
afterEach(() => void (nowMs += 1_000))
afterAll(restore)

const once = { recovery: false, logger: false } as const

const active = (agentName: string): ExecutionRecord => getActiveExecutions({ agentName })[0]!

/** Takes a step 1 s after the start of a run, and returns the last progress of the run. */
async function progressOf(step: () => unknown): Promise<Pick<ExecutionRecord, 'lastProgress'> & { seconds: number }> {
  const agent = instrumentAgent(
    async () => {
      nowMs += 1_000
      await step()
      const { lastProgress, lastProgressAt, startedAt } = active('worker')
      return { lastProgress, seconds: (lastProgressAt - startedAt) / 1000 }
    },
    { name: 'worker', ...once },
  )
  return await agent()
}

const steps: Record<string, readonly [step: () => unknown, note: string]> = {
  'progress() with a note': [() => currentExecution()?.progress('page 3 of 9'), 'page 3 of 9'],
  'progress() without one': [() => currentExecution()?.progress(), 'progress()'],
  'the begin of a model call': [() => beginInference({ source: 'wire' }), 'model call started'],
  'a chunk of a model call': [() => beginInference({ source: 'wire' }).progressed(), 'chunk of a model call'],
  'the end of a model call': [() => recordInference({ model: 'm-1' }), 'model call ended'],
  'the begin of a tool call of a framework': [() => beginToolCall({ name: 'search', source: 'f' }), 'tool call started: search'],
  'its end': [() => beginToolCall({ name: 'search', source: 'f' }).end(), 'tool call ended: search'],
  'its failure': [() => beginToolCall({ name: 'search', source: 'f' }).fail(new Error('x')), 'tool call ended: search'],
  'the begin of a tool call': [instrumentTool(() => void nowMs, { name: 'read' }), 'tool call ended: read'],
  'an agent that it calls': [instrumentAgent(async () => 1, { name: 'child', ...once }), 'run ended'],
}

test.each(Object.entries(steps))('%s is progress of the run', async (_, [step, note]) => {
  expect(await progressOf(step)).toEqual({ lastProgress: note, seconds: 1 })
})

test('waiting without any step is no progress', async () => {
  expect(await progressOf(() => Promise.resolve())).toEqual({ lastProgress: 'attempt started', seconds: 0 })
})

test('a note is cut to 200 characters', async () => {
  expect((await progressOf(() => currentExecution()?.progress('x'.repeat(1_000)))).lastProgress).toBe('x'.repeat(200))
})

test('progress of an agent at any depth is progress of all runs that called it', async () => {
  const inner = instrumentAgent(
    async () => {
      nowMs += 5_000
      currentExecution()?.progress('deep')
      return ['outer', 'middle', 'inner'].map((name) => active(name).lastProgressAt)
    },
    { name: 'inner', ...once },
  )
  const middle = instrumentAgent(() => inner(), { name: 'middle', ...once })
  const outer = instrumentAgent(() => middle(), { name: 'outer', ...once })
  expect(await outer()).toEqual([nowMs, nowMs, nowMs])
})

test('each chunk of a stream is progress of the run that made it', async () => {
  const agent = instrumentAgent(
    async function* () {
      yield* [1, 2, 3]
    },
    { name: 'streamer', ...once },
  )
  for await (const chunk of agent()) {
    if (chunk > 1) expect(active('streamer')).toMatchObject({ lastProgress: 'chunk of the stream', lastProgressAt: nowMs })
    nowMs += 1_000
  }
})
