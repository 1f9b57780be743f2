import { openPostgres, type PostgresServer } from '@swarmwatch/testkit'
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
