import { type ProductionStack } from '@swarmwatch/testkit/stack'

/** Health report of a worker. */
export interface WorkerHealth {
  readonly status: 'ok' | 'draining'
  readonly running: number
  readonly succeeded: number
  readonly failed: number
}

/** A task for the reference swarm. */
export interface Order {
  readonly agent: 'rapid-builder' | 'api-integrator' | 'reviewer'
  readonly fault?: '500'
}

const post = `const { readFileSync } = require('node:fs')
const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + readFileSync(process.env.WORKER_TOKEN_FILE, 'utf8') }
const [body, times] = process.argv.slice(1)
Promise.all(Array.from({ length: Number(times) }, () => fetch('http://127.0.0.1:8070/tasks', { method: 'POST', headers, body })))
  .then((answers) => console.log(answers.map(({ status }) => status).join(' ')))`

/** Sends a worker the same order several times at once; returns the status of each answer. */
export async function orderTasks(stack: ProductionStack, order: Order, times: number, worker = 1): Promise<readonly number[]> {
  const body = JSON.stringify(order)
  const answer = await stack.exec('agent-worker', ['node', '--eval', post, body, String(times)], worker)
  return answer.trim().split(' ').map(Number)
}

/** Asks a worker how it is. */
export async function workerHealth(stack: ProductionStack, worker = 1): Promise<WorkerHealth> {
  const ask = `fetch('http://127.0.0.1:8070/healthz').then((answer) => answer.text()).then(console.log)`
  return JSON.parse(await stack.exec('agent-worker', ['node', '--eval', ask], worker)) as WorkerHealth
}
