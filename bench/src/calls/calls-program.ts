import { instrumentAgent } from '@swarmwatch/sdk'
import { handleAll, IterableBackoff, retry } from 'cockatiel'

import { answerQuestions } from '../own-process.ts'
import { type Peer, peersOnOurProvider, sentry, startSentry, startTraceloop, traceloop } from '../peers/peers.ts'
import { type CountingTelemetry, registerCountingTelemetry } from '../telemetry.ts'
import { byHand, oneSpanByHand } from './by-hand.ts'
import { type Counts, type Question, type Setup, setups, type Variants } from './setups.ts'

// A process of its own: one setup, which calls the requested variant

type Counting = Pick<CountingTelemetry, 'spans' | 'flush'> & Partial<Pick<CountingTelemetry, 'recordings'>>

/** Calls between two exports: as many spans as a busy process holds, not all of a round. */
const callsPerExport = 500

const [setupName, noPeers] = process.argv.slice(2)
const setup = setups.find(({ name }) => name === setupName)!
const telemetry = await startTelemetryOf(setup)
const variants = await variantsOf(setup, noPeers)

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

async function startTelemetryOf({ openTelemetry, metrics }: Setup): Promise<Counting> {
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

export type Task = (text: string) => Promise<number>

/** Ways to call the agent at a setup, by name; a text is the reason why one cannot be measured. */
export async function variantsOf({ name, suffix }: Setup, noPeers: string | undefined): Promise<Record<string, Task | string>> {
  const task: Task = async (text) => text.length
  const ours = { [`swarmwatch${suffix}`]: instrumentAgent(task, { name: 'swarmwatch' }) }
  const base = { [`bare${suffix}`]: task, [`by hand${suffix}`]: byHand('by-hand', task) }
  const theirs = (...peers: Peer[]) => wrappedByPeers(task, peers, noPeers)
  switch (name) {
    case 'sentry':
      return { bare: task, ...(await theirs(sentry)) }
    case 'traceloop':
      return { bare: task, ...(await theirs(traceloop)) }
    case 'sdk-3':
      return {
        ...base,
        'one span by hand': oneSpanByHand('one', task),
        ...ours,
        ...oursWith(task),
        ...(await theirs(...peersOnOurProvider)),
      }
    case 'sdk-2':
      return { ...base, 'one span by hand': oneSpanByHand('one', task), ...ours, ...(await theirs(...peersOnOurProvider)) }
    default:
      return { ...base, ...ours }
  }
}

function oursWith(task: Task): Record<string, Task> {
  const policy = retry(handleAll, { maxAttempts: 3, backoff: new IterableBackoff([5_000, 15_000, 30_000]) })
  return {
    'swarmwatch, recovery: false': instrumentAgent(task, { name: 'no-recovery', recovery: false }),
    'swarmwatch, a policy of yours': instrumentAgent(task, { name: 'policy', policy }),
    'swarmwatch, content captured': instrumentAgent(task, { name: 'content', captureInput: true, captureOutput: true }),
  }
}

async function wrappedByPeers(
  task: Task,
  peers: readonly Peer[],
  noPeers: string | undefined,
): Promise<Record<string, Task | string>> {
  const wrapped: Record<string, Task | string> = {}
  for (const { package: name, call, load } of peers) {
    const variant = `${name} ${call}`
    try {
      wrapped[variant] = noPeers ?? (await load())(task, variant)
    } catch (error) {
      wrapped[variant] = `does not load: ${String(error)}`
    }
  }
  return wrapped
}
