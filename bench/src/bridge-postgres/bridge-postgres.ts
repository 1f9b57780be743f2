import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { openPostgres, type PostgresServer } from '@swarmwatch/testkit'

import { buildBridge, type Program, startBridge, startProgram, token } from '../bridge/bridge-program.ts'
import { alertRequest, answersPerSecond, answerTimes } from '../bridge/load.ts'
import { type Part, whyNoDocker } from '../part.ts'
import { quantile, type Spread, spreadOf } from '../statistics.ts'
import { asciiTable } from '../table.ts'

/** The benchmark of alert bridges that share a PostgreSQL database. */
export const bridgePostgres: Part<PostgresResult> = {
  name: 'bridge-postgres',
  cannotRun: whyNoDocker,
  measure: ({ isShort }) =>
    measure(isShort ? { rounds: 3, milliseconds: 300, seconds: 1 } : { rounds: 9, milliseconds: 500, seconds: 10 }),
  ratios: ({ rows }) =>
    rows.map(({ bridges, connections, ratio }) => ({
      what: `durable acknowledgements of ${bridges} bridges on PostgreSQL at ${connections} connections against bare servers`,
      value: ratio.median,
      goal: { atLeast: 0.8 },
    })),
  section,
}

/** Measurements of bridges on PostgreSQL. */
export interface PostgresResult {
  readonly rows: readonly AcknowledgementRow[]
  readonly paced: { readonly seconds: number; readonly times: readonly PacedRow[] }
  /** Load average and processors of the machine before the run. */
  readonly load: { readonly average: number; readonly processors: number }
}

interface AcknowledgementRow {
  readonly bridges: number
  readonly connections: number
  readonly barePerSecond: Spread
  readonly perSecond: Spread
  /** Divided by that of the bare servers, round by round. */
  readonly ratio: Spread
}

/** Milliseconds to the acknowledgement, at 1,000 alerts a second. */
interface PacedRow {
  readonly bridges: number
  readonly median: number
  readonly p99: number
  readonly most: number
}

interface Size {
  readonly rounds: number
  readonly milliseconds: number
  readonly seconds: number
}

async function measure(size: Size): Promise<PostgresResult> {
  const load = { average: loadavg()[0]!, processors: availableParallelism() }
  const { cli, folder } = await buildBridge()
  const server = await openPostgres({ args: ['-c', 'max_connections=100'] })
  try {
    const rows: AcknowledgementRow[] = []
    const times: PacedRow[] = []
    for (const bridges of [1, 3]) {
      const measured = await measureBridges({ cli, server, bridges, ...size })
      rows.push(...measured.rows)
      times.push(measured.paced)
    }
    return { rows, paced: { seconds: size.seconds, times }, load }
  } finally {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
}

interface BridgesSize extends Size {
  readonly cli: string
  readonly server: PostgresServer
  readonly bridges: number
}

async function measureBridges({ cli, server, bridges, rounds, milliseconds, seconds }: BridgesSize) {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const gone = await closedPort()
  const databaseOf = async (name: string): Promise<string> => {
    await server.query(`CREATE DATABASE ${name}_${bridges}`)
    return server.url.replace(/[^/]*$/, `${name}_${bridges}`)
  }
  const start = (url: string): Promise<Program> => startBridge(cli, folder, gone, url)
  const [bareUrl, url] = [await databaseOf('bare'), await databaseOf('bridges')]
  // makes the tables
  await (await start(bareUrl)).end('SIGTERM')
  const startAll = (one: () => Promise<Program>): Promise<Program[]> => Promise.all(Array.from({ length: bridges }, one))
  const bare = await startAll(() => startProgram([bareServer], { DATABASE: bareUrl }))
  const measured = await startAll(() => start(url))
  let number = 0
  const nextRequest = (): Buffer => alertRequest((number += 1), token)
  const rateOf = async (programs: readonly Program[], connections: number): Promise<number> => {
    // as a load balancer does
    const shares = programs.map((_, index) => Math.floor((connections + programs.length - 1 - index) / programs.length))
    const used = programs.flatMap(({ port }, index) => (shares[index]! > 0 ? [{ port, connections: shares[index]! }] : []))
    const rates = await Promise.all(used.map((one) => answersPerSecond({ ...one, nextRequest, milliseconds })))
    return rates.reduce((sum, rate) => sum + rate, 0)
  }
  for (const programs of [bare, measured]) for (let round = 0; round < 3; round += 1) await rateOf(programs, 32)
  const rows: AcknowledgementRow[] = []
  for (const connections of [1, 32, 128]) {
    const rates: { bare: number; bridges: number }[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const first = round % 2 === 0 ? await rateOf(bare, connections) : undefined
      const ofBridges = await rateOf(measured, connections)
      const ofBare = first ?? (await rateOf(bare, connections))
      // the first round is for the number of connections to settle
      if (round > 0) rates.push({ bare: ofBare, bridges: ofBridges })
    }
    rows.push({
      bridges,
      connections,
      barePerSecond: spreadOf(rates.map((rate) => rate.bare)),
      perSecond: spreadOf(rates.map((rate) => rate.bridges)),
      ratio: spreadOf(rates.map((rate) => rate.bridges / rate.bare)),
    })
  }
  const all = await Promise.all(
    measured.map(({ port }) =>
      answerTimes({ port, connections: Math.ceil(64 / bridges), nextRequest }, { perSecond: 1000 / bridges, seconds }),
    ),
  )
  const times = all.flat()
  const [median = 0, p99 = 0, most = 0] = [0.5, 0.99, 1].map((share) => quantile(times, share))
  await Promise.all([...bare, ...measured].map((one) => one.end('SIGKILL')))
  await rm(folder, { recursive: true })
  return { rows, paced: { bridges, median, p99, most } }
}

const bareServer = fileURLToPath(new URL('bare-postgres-server.ts', import.meta.url))

/** A port on which no one listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** The part of docs/benchmarks.md about bridges on PostgreSQL. */
function section({ rows, paced, load }: PostgresResult): string {
  const acknowledgements = asciiTable(
    ['bridges', 'connections', 'bare/s', 'bridges/s', 'x bare', 'middle half'],
    rows.map(({ bridges, connections, barePerSecond, perSecond, ratio }) => [
      String(bridges),
      String(connections),
      barePerSecond.median.toFixed(0),
      perSecond.median.toFixed(0),
      ratio.median.toFixed(2),
      `${ratio.from.toFixed(2)}-${ratio.to.toFixed(2)}`,
    ]),
  )
  const times = asciiTable(
    ['to the acknowledgement at 1,000 alerts a second, ms', 'median', 'p99', 'most'],
    paced.times.map(({ bridges, median, p99, most }) => [
      bridges === 1 ? '1 bridge' : `${bridges} bridges`,
      ...[median, p99, most].map((time) => time.toFixed(1)),
    ]),
  )
  return `## Alert bridges on PostgreSQL

\`\`\`
${acknowledgements}
\`\`\`

As above, with PostgreSQL 17 in a container on the same machine (\`synchronous_commit=on\`), and the channel down. "Bare"
(\`bench/src/bridge-postgres/bare-postgres-server.ts\`) is node:http, JSON.parse and one pipelined transaction of the same driver with an
insert for each table, with the rows of the bare server above; three bridges are compared with three bare servers. New alerts
need one round trip, as in the bare server. The goal is at least 0.8. The load average before the run was ${load.average.toFixed(1)} on ${load.processors} processors; above the
number of processors, other programs took the time and the disk, and only a run on an idle machine shows the ratios.

\`\`\`
${times}
\`\`\`

Counted from when a request was due (${paced.seconds} s). The goal is a p99 below 50 ms.
`
}
