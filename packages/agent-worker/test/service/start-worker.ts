import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { expect, type TestAPI, test as plainTest, vi } from 'vitest'

/** Path of the worker program. */
export const workerProgram: string = fileURLToPath(new URL('../../src/service/main.ts', import.meta.url))

/** Short retry delays, so that a test takes seconds, and free ports. */
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
  prints(line: RegExp, timeoutMs?: number): Promise<void>
  /** The address in its first line. */
  url(): Promise<string>
  get(path: string): Promise<WorkerAnswer>
  post(body: unknown): Promise<WorkerAnswer>
  /** Adds a task and returns its id. */
  add(body: Record<string, unknown>): Promise<string>
  /** Waits until a task has this state, and returns it. */
  task(id: string, state: string): Promise<Record<string, unknown>>
  ended(): Promise<{ code: number | null; output: string }>
}

/** Starts the worker, or another Node program, with these variables. */
type StartWorker = (env?: Record<string, string>, program?: readonly string[]) => Worker

/** A test that can run the worker as in production, in its own processes, which are killed when the test ends. */
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
    // Only these variables: the environment of the test must not matter, and a container has no writable home
    env: { HOME: '/nonexistent', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...quick, ...env },
    cwd: '/',
  })
  let output = ''
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const end = once(worker, 'close') as Promise<[number | null]>
  // Not expect.poll, which loses its test among concurrent ones
  const prints = (line: RegExp, timeout = 120_000): Promise<void> =>
    vi.waitFor(() => expect(output).toMatch(line), { timeout, interval: 20 })
  const url = async (): Promise<string> => {
    await prints(/ready on http/)
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
    prints,
    url,
    get,
    post,
    async add(body) {
      const { status, body: answer } = await post(body)
      expect(answer, JSON.stringify({ status, answer })).toMatchObject({ state: 'queued' })
      return String(answer['id'])
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
