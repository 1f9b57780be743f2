import { Secret } from '@swarmwatch/config'
import { eventually, openPostgres, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { openDurableQueue } from '../../../src/service/durable-queue.ts'
import type { Task } from '../../../src/service/task-queue.ts'
import { backlogItems } from '../../../src/swarm/backlog.ts'

describe.skipIf(whyNoPostgres() !== undefined)('when the database of the queue fails as a task ends', () => {
  test.each([
    ['succeeded', 'success', async () => {}],
    ['failed', 'failure', () => Promise.reject(new TypeError('no such item'))],
  ] as const)('a task that %s is settled when it works again, and is not done twice', async (state, outcome, end) => {
    await using server = await openPostgres()
    let runs = 0
    let isBroken = false
    const queue = await openDurableQueue(
      async () => {
        runs += 1
        await server.query('ALTER SCHEMA swarmwatch_worker RENAME TO away')
        isBroken = true
        await end()
      },
      {
        databaseUrl: new Secret(server.url),
        concurrency: 1,
        queueLimit: 10,
        maxRetries: () => 0,
        log: () => {
          if (!isBroken) return
          isBroken = false
          void server.query('ALTER SCHEMA away RENAME TO swarmwatch_worker')
        },
      },
    )
    try {
      const { id } = (await queue.add({ agent: 'reviewer', item: backlogItems[0]!, title: outcome })) as Task
      await eventually('the end of the task', async () => (await queue.find(id))?.state === state, { withinMs: 60_000 })
      expect({ runs, ...(await queue.counts()) }).toMatchObject({ runs: 1, queued: 0, running: 0, [state]: 1 })
      expect((await queue.find(id))?.errorType).toBe(state === 'failed' ? 'TypeError' : undefined)
    } finally {
      await queue.close()
      await queue.drain(5000)
      await queue.end?.()
    }
  })
})
