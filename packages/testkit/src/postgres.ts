import { spawnSync } from 'node:child_process'

import { openNetwork } from './docker.ts'
import { eventually } from './eventually.ts'

const image = 'postgres:17-trixie'

/** A PostgreSQL server in a container. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string
  /** SIGKILL; its data is gone with {@link url}. */
  kill(): Promise<void>
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

/** Starts a server with an empty database. */
export async function openPostgres(): Promise<PostgresServer> {
  const network = await openNetwork()
  const container = await network.run('postgres', {
    image,
    args: [],
    env: { POSTGRES_PASSWORD: 'test' },
    ports: [5432],
  })
  // Not through the socket: the server that prepares the database answers there, and stops again
  await eventually('PostgreSQL to answer', async () => {
    await container.exec('pg_isready', '--host', '127.0.0.1', '--username', 'postgres')
    return true
  }).catch(async (error: unknown) => {
    const logs = await container.logs()
    await network.remove()
    throw new Error(`PostgreSQL did not start:\n${logs}`, { cause: error })
  })
  const { host } = new URL(await container.url(5432))
  const clients = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'swarmwatch'"
  const query = (sql: string): Promise<string> => container.exec('psql', '-U', 'postgres', '-Atc', sql)
  const untilIdle = () => eventually('the clients to be gone', async () => (await query(clients)) === '0')
  return {
    query,
    kill: () => container.kill(),
    untilIdle: async () => void (await untilIdle()),
    url: `postgres://postgres:test@${host}/postgres`,
    [Symbol.asyncDispose]: () => network.remove(),
  }
}
