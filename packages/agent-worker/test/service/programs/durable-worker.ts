// Run as a process of its own, which the test kills: `durable-worker.ts <database> <effects> <counted> <tasks to add>`. It works on the
// tasks of the queue. Effects and ended executions are lines of files: written at once, they survive SIGKILL
import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

import { Secret } from '@swarmwatch/config'
import { currentTool, instrumentAgent, instrumentTool, onExecution } from '@swarmwatch/sdk'

import { openDurableQueue } from '../../../src/service/durable-queue.ts'
import type { Task } from '../../../src/service/task-queue.ts'
import { backlogItems } from '../../../src/swarm/backlog.ts'
import { kindOf } from './kind-of-task.ts'

const [url = '', effects = '', counted = '', toAdd = ''] = process.argv.slice(2)

onExecution(({ type, execution: { id, outcome, attempts } }) => {
  if (type === 'finished') appendFileSync(counted, `${id} ${outcome} ${attempts.at(-1)?.number} ${process.pid}\n`)
})

const charge = instrumentTool(
  async (title: string) => {
    appendFileSync(effects, `${title} ${currentTool()?.idempotencyKey}\n`)
    return title
  },
  {
    name: 'charge',
    once: { onUncertain: async (key, run) => (readFileSync(effects, 'utf8').includes(key) ? 'found' : run()) },
  },
)

const agent = instrumentAgent(
  async (task: Task) => {
    await charge(task.request.title)
    await pause(Math.random() * 1500)
    const [kind] = task.request.title.split(' ')
    if (kind === 'busy' && task.continuation?.attempt === 1) throw Object.assign(new Error('slow down'), { status: 429 })
    if (kind === 'wrong') throw Object.assign(new Error('no such item'), { status: 400 })
    await task.confirm?.()
  },
  {
    name: 'reviewer',
    logger: false,
    recovery: { baseDelaySeconds: 0.05, exponentialFactor: 1 },
    continuation: (task) => task.continuation,
  },
)

const queue = await openDurableQueue(agent, {
  databaseUrl: new Secret(url),
  concurrency: 5,
  queueLimit: 10_000,
  // A task may lose its worker several times
  maxRetries: () => 20,
  leaseSeconds: 10,
  log: (line) => console.error(line),
})
for (let number = 1; number <= Number(toAdd); number += 1) {
  await queue.add({ agent: 'reviewer', item: backlogItems[0]!, title: `${kindOf(number)} ${number}` })
}
console.log(`ready ${process.pid}`)
await once(process, 'SIGTERM')
await queue.close()
await queue.drain(5000)
await queue.end?.()
