import { setTimeout as pause } from 'node:timers/promises'

import { Secret } from '@swarmwatch/config'
import { eventually, openPostgres, type PostgresServer, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { type DurableQueueOptions, openDurableQueue } from '../../../src/service/durable-queue.ts'
import type { Task, WorkQueue } from '../../../src/service/task-queue.ts'
import { backlogItems } from '../../../src/swarm/backlog.ts'
import { type AgentName, agentNames } from '../../../src/swarm/index.ts'

const item = backlogItems[0]!

/** Counts the tasks that run at the same time, by a key of each. */
function concurrencyMeter() {
  const now = new Map<string, number>()
  const most: Record<string, number> = {}
  const ended: string[] = []
  return {
    most,
    ended,
    async run(keys: readonly string[], task: Task): Promise<void> {
      for (const key of keys) {
        now.set(key, (now.get(key) ?? 0) + 1)
        most[key] = Math.max(most[key] ?? 0, now.get(key)!)
      }
      await pause(Math.random() * 20)
      for (const key of keys) now.set(key, now.get(key)! - 1)
      ended.push(task.request.title)
    },
  }
}

function openQueue(
  server: PostgresServer,
  work: (task: Task) => Promise<unknown>,
  options: Partial<DurableQueueOptions> = {},
): Promise<WorkQueue> {
  const common = { concurrency: 10, queueLimit: 10_000, maxRetries: () => 0, log: () => {} }
  return openDurableQueue(work, { ...common, ...options, databaseUrl: new Secret(server.url) })
}

async function end(queues: readonly WorkQueue[]): Promise<void> {
  for (const queue of queues) {
    await queue.close()
    await queue.drain(5000)
    await queue.end?.()
  }
}

describe.skipIf(whyNoPostgres() !== undefined)('a queue in PostgreSQL that four workers share', () => {
  test('never runs more tasks of an agent, or of a provider, than its limits allow', async () => {
    await using server = await openPostgres()
    const meter = concurrencyMeter()
    const worker = (provider: string): Promise<WorkQueue> =>
      openQueue(server, (task) => meter.run([task.request.agent, provider], task), {
        provider,
        agentConcurrency: 3,
        providerConcurrency: 4,
      })
    const queues = await Promise.all([worker('one'), worker('one'), worker('one'), worker('two')])
    const agentOf = (number: number): AgentName => agentNames[number % agentNames.length]!
    const titles = Array.from({ length: 150 }, (_, number) => `task ${number}`)
    await Promise.all(titles.map(async (title, number) => queues[number % 4]!.add({ agent: agentOf(number), item, title })))
    await eventually('all tasks to end', () => meter.ended.length >= titles.length, { withinMs: 60_000 })
    await end(queues)
    expect(meter.ended.toSorted()).toEqual(titles.toSorted())
    const { two, ...others } = meter.most
    // 3 agents x 3 = 9 places, of which the three workers of one provider share 4
    expect(others).toEqual({ ...Object.fromEntries(agentNames.map((name) => [name, 3])), one: 4 })
    expect(two).toBeLessThanOrEqual(4)
  })

  test('starts tasks of a higher priority first, and of the same priority in the order in which they were added', async () => {
    await using server = await openPostgres()
    const started: string[] = []
    const gate = Promise.withResolvers<void>()
    const queue = await openQueue(
      server,
      async ({ request }) => {
        started.push(request.title)
        await gate.promise
      },
      { concurrency: 1, agentConcurrency: 1 },
    )
    await queue.add({ agent: 'reviewer', item, title: 'first' })
    await eventually('the first task to start', () => started.length === 1)
    const later = { low: -10, middle: 0, 'also middle': 0, high: 10 }
    for (const [title, priority] of Object.entries(later)) await queue.add({ agent: 'reviewer', item, title, priority })
    gate.resolve()
    await eventually('all tasks to start', () => started.length === 5)
    await end([queue])
    expect(started).toEqual(['first', 'high', 'middle', 'also middle', 'low'])
  })

  test('a worker that falls silent while it claims holds the others up for a few seconds only', async () => {
    await using server = await openPostgres()
    const meter = concurrencyMeter()
    const queue = await openQueue(server, (task) => meter.run([], task), { agentConcurrency: 1 })
    // As a worker whose machine was cut off in the middle of a claim
    const silent = server.query(`BEGIN; SELECT set_config('idle_in_transaction_session_timeout', '5s', true),
      pg_advisory_xact_lock(hashtextextended('swarmwatch_worker.claims', 0)); SELECT pg_sleep(3)`)
    await queue.add({ agent: 'reviewer', item, title: 'held up' })
    await silent
    await eventually('the task to end', () => meter.ended.length === 1, { withinMs: 30_000 })
    await end([queue])
  })
})
