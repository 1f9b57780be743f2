import { setTimeout as delay } from 'node:timers/promises'

import { openConnection, type Connection } from './connection.ts'

export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly nextRequest: () => Buffer
}

/** Posts from every connection as fast as answers come, for so long; gives answers a second. */
export async function answersPerSecond({ milliseconds, ...options }: LoadOptions & { milliseconds: number }): Promise<number> {
  const started = performance.now()
  const answers = await post(options, () => performance.now() - started < milliseconds)
  return (answers * 1000) / (performance.now() - started)
}

/** Posts so many as fast as answers come. */
export async function postMany({ count, ...options }: LoadOptions & { count: number }): Promise<void> {
  let left = count
  await post(options, () => left-- > 0)
}

async function post({ port, connections, nextRequest }: LoadOptions, goesOn: () => boolean): Promise<number> {
  const opened = await openAll(port, connections)
  let answers = 0
  await Promise.all(
    opened.map(async ({ ask }) => {
      while (goesOn()) {
        await ask(nextRequest())
        answers += 1
      }
    }),
  )
  for (const one of opened) one.close()
  return answers
}

/**
 * Posts so many a second, whether or not the answers keep up. Gives the milliseconds each answer took, from when the request was due:
 * waiting for a free connection counts, and so does this process when it is late.
 */
export async function answerTimes(
  { port, connections, nextRequest }: LoadOptions,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<number[]> {
  const free = await openAll(port, connections)
  const times: number[] = []
  const due: number[] = []
  const started = performance.now()
  let posted = 0

  function send(): void {
    while (due.length > 0 && free.length > 0) void one(free.pop()!, due.shift()!)
  }
  async function one(connection: Connection, dueAt: number): Promise<void> {
    await connection.ask(nextRequest())
    times.push(performance.now() - dueAt)
    free.push(connection)
    send()
  }

  while (times.length < perSecond * seconds) {
    const now = performance.now()
    for (; posted < perSecond * seconds; posted += 1) {
      const dueAt = started + (posted * 1000) / perSecond
      if (dueAt > now) break
      due.push(dueAt)
    }
    send()
    await delay(1)
  }
  for (const connection of free) connection.close()
  return times
}

function openAll(port: number, connections: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: connections }, () => openConnection(port)))
}
