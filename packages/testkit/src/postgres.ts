import { spawnSync } from 'node:child_process'

import { openNetwork } from './docker.ts'
import { eventually } from './eventually.ts'

const image = 'postgres:17-trixie'

/** A PostgreSQL server in a container. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string
  /** SIGKILL. Its data is kept, and {@link url} no longer answers. */
  kill(): Promise<void>
  /** Starts it again after {@link kill}. Returns its new URL. */
  start(): Promise<string>
  /** Runs a program in the container and returns its output; rejects when it fails. */
  exec(...command: readonly string[]): Promise<string>
  /** Returns the rows of a query as text: a line for each, its columns separated by `|`. */
  query(sql: string): Promise<string>
  /** Resolves when the server has ended the work of all clients that stores opened with {@link url}, also of killed ones. */
  untilIdle(): Promise<void>
}

/** Returns why no PostgreSQL can be started here, and prints it; with REQUIRE_STACK=1 it throws instead. */
export function whyNoPostgres(): string | undefined {
  const hasImage = spawnSync('docker', ['image', 'inspect', image]).status === 0
  if (hasImage) return undefined
  const reason = `Docker does not run here, or has no image ${image} (docker pull ${image})`
  if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
  console.log(`skipped: ${reason} (REQUIRE_STACK=1 makes this an error)`)
  return reason
}

/** Options for {@link openPostgres}. */
export interface PostgresOptions {
  /** Folders on disks of their own in memory, such as `/small`, and their size in megabytes. @default none */
  readonly disks?: Readonly<Record<string, number>>
  /** Arguments of the server, such as `-c max_connections=20`. @default none */
  readonly args?: readonly string[]
}

/** Starts a server with an empty database. */
export async function openPostgres({ disks = {}, args = [] }: PostgresOptions = {}): Promise<PostgresServer> {
  const network = await openNetwork()
  const container = await network.run('postgres', {
    image,
    args,
    flags: Object.entries(disks).flatMap(([path, size]) => ['--tmpfs', `${path}:size=${size}m,mode=1777`]),
    env: { POSTGRES_PASSWORD: 'test' },
    ports: [5432],
  })
  // Not through the socket: the server that prepares the database answers there, and stops again
  const untilReady = () =>
    eventually('PostgreSQL to answer', async () => {
      await container.exec('pg_isready', '--host', '127.0.0.1', '--username', 'postgres')
      return true
    })
  await untilReady().catch(async (error: unknown) => {
    const logs = await container.logs()
    await network.remove()
    throw new Error(`PostgreSQL did not start:\n${logs}`, { cause: error })
  })
  const address = async () => `postgres://postgres:test@${new URL(await container.url(5432)).host}/postgres`
  const clients = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'swarmwatch'"
  const query = (sql: string): Promise<string> => container.exec('psql', '-U', 'postgres', '-Atc', sql)
  const untilIdle = () => eventually('the clients to be gone', async () => (await query(clients)) === '0')
  return {
    query,
    kill: () => container.kill(),
    exec: (...command) => container.exec(...command),
    start: async () => {
      await container.start()
      await untilReady()
      return address()
    },
    untilIdle: async () => void (await untilIdle()),
    url: await address(),
    [Symbol.asyncDispose]: () => network.remove(),
  }
}
