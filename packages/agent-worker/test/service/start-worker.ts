import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { expect, type TestAPI, test as plainTest, vi } from 'vitest'

/** The worker's program. */
export const workerProgram: string = fileURLToPath(new URL('../../src/service/main.ts', import.meta.url))

/** Waits that let a test take seconds, and ports that nobody else has. */
const quick = {
  WORKER_PORT: '0',
  WORKER_TASKS_PER_MINUTE: '0',
  MONITOR_PORT: '0',
  METRICS_PORT: '0',
  BASE_RETRY_DELAY: '0.1',
  RETRY_EXPONENTIAL_FACTOR: '1',
}

export interface WorkerAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export interface Worker {
  readonly process: ChildProcess
  /** Output so far, both streams. */
  output(): string
  says(line: RegExp, timeoutMs?: number): Promise<void>
  /** The address in its first line. */
  url(): Promise<string>
  get(path: string): Promise<WorkerAnswer>
  post(body: unknown): Promise<WorkerAnswer>
  /** Orders a task and returns its id. */
  order(body: Record<string, unknown>): Promise<string>
  /** Waits until a task has come this far, and returns it. */
  task(id: string, state: string): Promise<Record<string, unknown>>
  ended(): Promise<{ code: number | null; output: string }>
}

/** Starts the worker, or another program of Node in its place, with these variables. */
type StartWorker = (env?: Record<string, string>, program?: readonly string[]) => Worker

/** A test that can run the worker as production does, in processes of its own; they are killed when it ends. */
export const test: TestAPI<{ startWorker: StartWorker }> = plainTest.extend<{ startWorker: StartWorker }>({
  startWorker: async ({ onTestFinished }, use) => {
    await use((env = {}, program) => {
      const worker = startWorker(env, program)
      onTestFinished(() => void worker.process.kill('SIGKILL'))
      return worker
    })
  },
})

function startWorker(env: Record<string, string>, program: readonly string[] = [workerProgram]): Worker {
  const worker = spawn(process.execPath, ['--conditions=swarmwatch-source', ...program], {
    // Nothing but this: the environment of a test must not decide, and a container has no home that can be written
    env: { HOME: '/nonexistent', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...quick, ...env },
    cwd: '/',
  })
  let output = ''
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const end = once(worker, 'close') as Promise<[number | null]>
  // Not expect.poll, which loses its test among concurrent ones
  const says = (line: RegExp, timeout = 120_000): Promise<void> =>
    vi.waitFor(() => expect(output).toMatch(line), { timeout, interval: 20 })
  const url = async (): Promise<string> => {
    await says(/ready on http/)
    return /ready on (http:\S+),/.exec(output)?.[1] ?? ''
  }
  const ask = async (path: string, init: RequestInit): Promise<WorkerAnswer> => {
    const response = await fetch((await url()) + path, init)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const get = (path: string): Promise<WorkerAnswer> => ask(path, {})
  const post = (body: unknown): Promise<WorkerAnswer> =>
    ask('/tasks', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return {
    process: worker,
    output: () => output,
    says,
    url,
    get,
    post,
    async order(body) {
      const { status, body: taken } = await post(body)
      expect(taken, JSON.stringify({ status, taken })).toMatchObject({ state: 'queued' })
      return String(taken['id'])
    },
    task: (id, state) =>
      vi.waitFor(
        async () => {
          const { body } = await get(`/tasks/${id}`)
          expect(body['state']).toBe(state)
          return body
        },
        { timeout: 120_000, interval: 50 },
      ),
    async ended() {
      const [code] = await end
      return { code, output }
    },
  }
}
