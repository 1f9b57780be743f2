import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

import { Secret } from '@swarmwatch/config'
import { eventually, openPostgres, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { openDurableQueue } from '../../../src/service/durable-queue.ts'
import type { Task } from '../../../src/service/task-queue.ts'
import { backlogItems } from '../../../src/swarm/backlog.ts'

describe.skipIf(whyNoPostgres() !== undefined)('when the database of the queue fails as a task ends', () => {
  test.each([
    ['succeeded', 'success', async (task: Task) => task.confirm?.()],
    ['failed', 'failure', () => Promise.reject(new TypeError('no such item'))],
  ] as const)('a task that %s is settled when it works again, and is not done twice', async (state, outcome, end) => {
    await using server = await openPostgres()
    let runs = 0
    let isBroken = false
    const queue = await openDurableQueue(
      async (task) => {
        runs += 1
        await server.query('ALTER SCHEMA swarmwatch_worker RENAME TO away')
        isBroken = true
        await end(task)
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

describe.skipIf(whyNoPostgres() !== undefined)('when the database of the queue is away for two thirds of a lease', () => {
  test('a running task is neither aborted nor taken by another worker', async () => {
    await using server = await openPostgres()
    const leaseSeconds = 18
    const workers = [await openWorker(server.url, 3600), await openWorker(server.url, leaseSeconds)]
    try {
      await workers[0]!.queue.add({ agent: 'reviewer', item: backlogItems[0]!, title: 'long' })
      const attempts = () => workers.flatMap(({ running }) => running)
      await eventually('the task to run', () => attempts().length === 1)
      await server.query('ALTER SCHEMA swarmwatch_worker RENAME TO away')
      const awayAt = performance.now()
      await eventually('the end of the outage', () => performance.now() - awayAt >= (leaseSeconds * 1000 * 2) / 3)
      await server.query('ALTER SCHEMA away RENAME TO swarmwatch_worker')
      const job = "FROM swarmwatch_worker.job WHERE name = 'tasks'"
      const wasSeen = `SELECT count(*) ${job} AND heartbeat_on > now() - interval '2 seconds'`
      await eventually('a sign of life after the outage', async () => (await server.query(wasSeen)) === '1')
      expect(attempts().map(({ signal }) => signal.aborted)).toEqual([false])
      // of the worker that started last, not that of the worker that runs the task
      expect(await server.query(`SELECT heartbeat_seconds, retry_count ${job}`)).toBe(`${leaseSeconds}|0`)
    } finally {
      for (const { stop } of workers) await stop()
    }
  })
})

describe.skipIf(whyNoPostgres() !== undefined)('when connections to the database of the queue fall silent', () => {
  test('a worker opens others and does its tasks', async () => {
    await using server = await openPostgres()
    await using proxy = await openProxy(server.url)
    const done: string[] = []
    const queue = await openDurableQueue(async ({ request }) => void done.push(request.title), {
      databaseUrl: new Secret(proxy.url),
      concurrency: 1,
      queueLimit: 10,
      maxRetries: () => 0,
      log: () => {},
    })
    const add = async (title: string): Promise<unknown> => queue.add({ agent: 'reviewer', item: backlogItems[0]!, title })
    await add('before')
    await eventually('the first task', () => done.length === 1)
    proxy.silence()
    await eventually('a task to be added', () => add('after').then(() => true))
    await eventually('the second task', () => done.includes('after'))
    await queue.close()
    await queue.end?.()
  })
})

/** A proxy to a database that can let packets of its connections disappear without a word; connections that are opened later work. */
async function openProxy(databaseUrl: string): Promise<AsyncDisposable & { readonly url: string; readonly silence: () => void }> {
  const { port, hostname } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}))
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    silence: () => {
      for (const socket of sockets) socket.unpipe().resume()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** A worker whose tasks do not end before it is stopped. */
async function openWorker(databaseUrl: string, leaseSeconds: number) {
  const running: { readonly signal: AbortSignal }[] = []
  const queue = await openDurableQueue(
    (_task, signal) => {
      running.push({ signal })
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
    },
    { databaseUrl: new Secret(databaseUrl), concurrency: 1, queueLimit: 10, maxRetries: () => 3, leaseSeconds, log: () => {} },
  )
  return {
    queue,
    running,
    stop: async () => {
      await queue.close()
      await queue.drain(0)
      await queue.end?.()
    },
  }
}
