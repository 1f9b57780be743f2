import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { median } from '../statistics.ts'
import { alertRequest } from './alert-request.ts'
import { startBridge, token } from './bridge-program.ts'
import type { BridgeSize } from './measure-bridge.ts'
import { postMany } from './load.ts'
import { openSink } from './sink.ts'

export interface WaitingResult {
  readonly deliveries: number
  /** Resident megabytes; undefined where the system does not tell. */
  readonly megabytes:
    | {
        /** A bridge that has nothing to do. */
        readonly idle: number
        /** The most while all were posted as fast as it went. */
        readonly mostWhileTaken: number
        /** Ten seconds later. */
        readonly afterwards: number
        /** Ten seconds after the next start, with all of them waiting. */
        readonly restarted: number
      }
    | undefined
  /** From the start of the process to its being ready, in milliseconds: on an empty store, and after a SIGKILL with all of them waiting. */
  readonly start: { readonly empty: number; readonly waiting: number }
}

/** Deliveries that wait for a channel that is down: what they cost in memory, and at the next start. */
export async function measureWaiting(
  cli: string,
  { deliveries, starts, settleMs }: Pick<BridgeSize, 'deliveries' | 'starts' | 'settleMs'>,
): Promise<WaitingResult> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const sink = await openSink()
  const { port } = sink
  sink.close() // nobody listens there any more

  const empty: number[] = []
  for (let start = 0; start < starts; start += 1) {
    const bridge = await startBridge(cli, await mkdtemp(join(folder, 'empty-')), port)
    empty.push(bridge.milliseconds)
    await bridge.end('SIGKILL')
  }
  const first = await startBridge(cli, folder, port)
  const idle = await first.megabytes()
  let number = 0
  const nextRequest = (): Buffer => alertRequest((number += 1), token)
  await postMany({ port: first.port, connections: 32, nextRequest, count: deliveries })
  await delay(settleMs)
  const taken = await first.megabytes()
  await first.end('SIGKILL')

  const waiting: number[] = []
  let restarted: number | undefined
  for (let start = 0; start < starts; start += 1) {
    const bridge = await startBridge(cli, folder, port)
    waiting.push(bridge.milliseconds)
    if (start === starts - 1) {
      await delay(settleMs)
      restarted = (await bridge.megabytes())?.now
    }
    await bridge.end('SIGKILL')
  }
  await rm(folder, { recursive: true })
  return {
    deliveries,
    megabytes:
      idle && taken && restarted !== undefined
        ? { idle: idle.now, mostWhileTaken: taken.most, afterwards: taken.now, restarted }
        : undefined,
    start: { empty: median(empty), waiting: median(waiting) },
  }
}
