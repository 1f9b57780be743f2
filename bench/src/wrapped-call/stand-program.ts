import { answerQuestions } from '../own-process.ts'
import { startSentry } from '../peers/sentry.ts'
import { startTraceloop } from '../peers/traceloop.ts'
import { registerCountingTelemetry, type CountingTelemetry } from '../telemetry.ts'
import { stands, type Stand } from './stands.ts'
import { variantsOf, type Task } from './variants.ts'

// A process of its own: one stand, which calls the variant that it is asked for

export type Question =
  | 'variants'
  | { readonly variant: string; readonly calls: number; readonly warmUpCalls: number; readonly collectsFirst: boolean }
  | { readonly countsOf: string; readonly calls: number }
  | { readonly heapOf: string; readonly calls: number }

/** The variants of a stand, each with the reason why it cannot be measured, if there is one. */
export type Variants = readonly { readonly variant: string; readonly reason?: string }[]

/** What one variant exports with one call. */
export interface Counts {
  readonly spans: number
  readonly recordings: number
}

type Counting = Pick<CountingTelemetry, 'spans' | 'flush'> & Partial<Pick<CountingTelemetry, 'recordings'>>

/** Calls between two exports: as many spans as a busy process holds, not all of a round. */
const callsPerExport = 500

const [standName, noPeers] = process.argv.slice(2)
const stand = stands.find(({ name }) => name === standName)!
const telemetry = await startTelemetryOf(stand)
const variants = await variantsOf(stand, noPeers)

answerQuestions<Question, unknown>(async (question) => {
  if (question === 'variants') {
    const listed: Variants = Object.entries(variants).map(([variant, task]) => ({
      variant,
      ...(typeof task === 'string' && { reason: task }),
    }))
    return listed
  }
  if ('countsOf' in question) return countsOf(variants[question.countsOf] as Task, question.calls)
  if ('heapOf' in question) return heapAfter(variants[question.heapOf] as Task, question.calls)
  const task = variants[question.variant] as Task
  if (question.collectsFirst) globalThis.gc?.()
  await microsecondsPerCall(task, question.warmUpCalls)
  return microsecondsPerCall(task, question.calls)
})

async function startTelemetryOf({ openTelemetry, metrics }: Stand): Promise<Counting> {
  switch (openTelemetry) {
    case 'none':
      return { spans: () => 0, flush: async () => {} }
    case 'sentry':
    case 'traceloop':
      if (noPeers !== undefined) return { spans: () => 0, flush: async () => {} }
      return openTelemetry === 'sentry' ? startSentry() : startTraceloop()
    default:
      return registerCountingTelemetry(metrics)
  }
}

/** Calls in a row, in microseconds each; exporting is not timed. */
async function microsecondsPerCall(task: Task, calls: number): Promise<number> {
  let milliseconds = 0
  for (let done = 0; done < calls; done += callsPerExport) {
    const started = performance.now()
    for (let call = 0; call < callsPerExport; call += 1) await task('a task')
    milliseconds += performance.now() - started
    await telemetry.flush()
  }
  return (milliseconds * 1000) / calls
}

async function countsOf(task: Task, calls: number): Promise<Counts> {
  const all = async (): Promise<number> =>
    Object.values((await telemetry.recordings?.()) ?? {}).reduce((sum, count) => sum + count, 0)
  await telemetry.flush()
  const before = { spans: telemetry.spans(), recordings: await all() }
  for (let call = 0; call < calls; call += 1) await task('a task')
  await telemetry.flush()
  return { spans: (telemetry.spans() - before.spans) / calls, recordings: ((await all()) - before.recordings) / calls }
}

/** Heap in use after as many calls more, in bytes. */
async function heapAfter(task: Task, calls: number): Promise<number> {
  await microsecondsPerCall(task, calls)
  // Twice, with a turn of the event loop between: what a finished promise held goes only then
  globalThis.gc?.()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
