import { openPostgres, type PostgresServer } from '@swarmwatch/testkit'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'

/** One server for the tests of a file; each test gets a database of its own. */
export function postgresForTests(): { readonly server: () => PostgresServer; readonly newDatabase: () => Promise<string> } {
  let server: PostgresServer | undefined
  let count = 0
  beforeAll(async () => {
    server = await openPostgres()
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())
  const running = (): PostgresServer => {
    if (server === undefined) throw new Error('the server has not started yet')
    return server
  }
  return {
    server: running,
    newDatabase: async () => {
      const name = `bridge_${(count += 1)}`
      await running().query(`CREATE DATABASE ${name}`)
      return running().url.replace(/\/[^/]*$/, `/${name}`)
    },
  }
}

/** As if the time had passed in which the bridges of a database must report. */
export async function endLivesOf(url: string): Promise<void> {
  await queryOf(url, 'UPDATE swarmwatch_bridge.owners SET alive_until = 0')
}

/** Runs one statement on a connection of its own. */
export async function queryOf(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}
