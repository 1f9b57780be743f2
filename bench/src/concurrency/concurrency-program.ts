import { instrumentAgent } from '@swarmwatch/sdk'

import { byHand } from '../calls/by-hand.ts'
import type { Way } from '../growth/swarm.ts'
import { answerQuestions } from '../own-process.ts'
import { registerCountingTelemetry } from '../telemetry.ts'

// A process of its own: many runs of one agent that are in progress at the same time

export type ConcurrencyQuestion = 'bytes of an active run' | { readonly runs: number }

const [way, concurrent] = [process.argv[2] as Way, Number(process.argv[3])]
const telemetry = registerCountingTelemetry()

let open = Promise.withResolvers<void>()
const task = async (text: string): Promise<number> => {
  await open.promise
  return text.length
}
const agent = { bare: task, 'by hand': byHand('waiting', task), swarmwatch: instrumentAgent(task, { name: 'waiting' }) }[way]

answerQuestions<ConcurrencyQuestion, number>((question) =>
  typeof question === 'string' ? bytesOfAnActiveRun() : microsecondsPerRun(question.runs),
)

/** All start, and when the last one is in progress all may end; again and again until there were as many. */
async function microsecondsPerRun(runs: number): Promise<number> {
  let milliseconds = 0
  for (let done = 0; done < runs; done += concurrent) {
    const started = performance.now()
    const active = startAll()
    open.resolve()
    await Promise.all(active)
    milliseconds += performance.now() - started
    open = Promise.withResolvers()
    await telemetry.flush()
  }
  return (milliseconds * 1000) / runs
}

async function bytesOfAnActiveRun(): Promise<number> {
  const before = await heapInUse()
  const active = startAll()
  const during = await heapInUse()
  open.resolve()
  await Promise.all(active)
  open = Promise.withResolvers()
  return (during - before) / concurrent
}

const startAll = (): Promise<number>[] => Array.from({ length: concurrent }, () => agent('a task'))

async function heapInUse(): Promise<number> {
  await telemetry.flush()
  globalThis.gc?.()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
