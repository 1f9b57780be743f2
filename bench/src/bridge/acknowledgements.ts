import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { spreadOf, type Spread } from '../statistics.ts'
import { alertRequest } from './alert-request.ts'
import { startBridge, startProgram, token } from './bridge-program.ts'
import { answersPerSecond } from './load.ts'
import { openSink } from './sink.ts'

export interface AcknowledgementRow {
  readonly connections: number
  readonly barePerSecond: Spread
  /** The channel is down: what is acknowledged waits, as in the bare server. */
  readonly waiting: Compared
  /** The channel works: all is told meanwhile, nearly all of it in digests, since it is a storm. */
  readonly telling: Compared
}

export interface Compared {
  readonly perSecond: Spread
  /** Divided by that of the bare server, round by round. */
  readonly ratio: Spread
}

/** Durable acknowledgements a second: a bare server, and the bridge with and without a channel that works, in turn on the same machine. */
export async function measureAcknowledgements(cli: string, rounds: number, milliseconds: number): Promise<AcknowledgementRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const [sink, gone] = [await openSink(), await openSink()]
  gone.close()
  const waiting = await startBridge(cli, await mkdtemp(join(folder, 'waiting-')), gone.port)
  const telling = await startBridge(cli, await mkdtemp(join(folder, 'telling-')), sink.port)
  const bare = await startProgram([bareServer], { DATABASE: await emptyDatabase(cli, folder, sink.port) })
  const servers = [bare, waiting, telling]
  let number = 0
  const nextRequest = (): Buffer => alertRequest((number += 1), token)

  // a process that has run for a while is what is compared: all have compiled by then what they run often
  for (const { port } of servers) await answersPerSecond({ port, connections: 32, nextRequest, milliseconds: 2 * milliseconds })
  const rows: AcknowledgementRow[] = []
  for (const connections of [1, 32, 128]) {
    const measured = servers.map((): number[] => [])
    // the first round is for the number of connections to settle
    for (let round = 0; round <= rounds; round += 1) {
      for (const index of round % 2 === 0 ? [0, 1, 2] : [2, 1, 0]) {
        const { port } = servers[index]!
        const rate = await answersPerSecond({ port, connections, nextRequest, milliseconds })
        if (round > 0) measured[index]!.push(rate)
      }
    }
    const compared = (rates: readonly number[]): Compared => ({
      perSecond: spreadOf(rates),
      ratio: spreadOf(rates.map((rate, round) => rate / measured[0]![round]!)),
    })
    rows.push({
      connections,
      barePerSecond: spreadOf(measured[0]!),
      waiting: compared(measured[1]!),
      telling: compared(measured[2]!),
    })
  }
  await Promise.all(servers.map((one) => one.end('SIGKILL')))
  sink.close()
  await rm(folder, { recursive: true })
  return rows
}

const bareServer = fileURLToPath(new URL('bare-server.ts', import.meta.url))

/** A database with the tables and indexes of the bridge, as it has made them. */
async function emptyDatabase(cli: string, folder: string, channelPort: number): Promise<string> {
  const made = await mkdtemp(join(folder, 'bare-'))
  await (await startBridge(cli, made, channelPort)).end('SIGTERM')
  return join(made, 'bridge.sqlite')
}
