import { whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { check } from '../../../src/commands/check.ts'
import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import { readBridgeSettings } from '../../../src/settings.ts'
import { postgresForTests } from '../../outbox/engines/postgres-server.ts'

/** Lines of `check` about the database. */
async function checked(url: string): Promise<readonly string[]> {
  const lines: string[] = []
  const settings = readBridgeSettings({ env: { BRIDGE_TOKEN: 'x'.repeat(16), BRIDGE_DATABASE_URL: url } })
  await check({ settings, write: (line) => lines.push(line) })
  expect(lines.join()).not.toMatch(/:test@|pass-word/)
  return lines.filter((line) => line.includes('PostgreSQL')).map((line) => line.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST'))
}

const place = 'bridge on HOST, 1 token(s), data in PostgreSQL at HOST'

describe.skipIf(whyNoPostgres() !== undefined)('alert-bridge check and a database', () => {
  const { server, newDatabase } = postgresForTests()

  test('that can be used is reported as such, and is not changed', async () => {
    const url = await newDatabase()
    expect(await checked(url)).toEqual([`${place}/bridge_1, which can be reached`])
    const schemas = await server().exec('psql', '-U', 'postgres', '-d', 'bridge_1', '-Atc', 'SELECT nspname FROM pg_namespace')
    expect(schemas).not.toContain('swarmwatch_bridge')
    await (await openPostgresStore(readDatabaseUrl(url)!)).store.close()
    expect(await checked(url)).toEqual([`${place}/bridge_1, which can be reached`])
  })

  test('that refuses the login', async () => {
    expect(await checked((await newDatabase()).replace(':test@', ':pass-word@'))).toEqual([
      `${place}/bridge_2`,
      'warning: PostgreSQL at HOST/bridge_2 refuses the login: password authentication failed for user "postgres"; correct the user and the password in BRIDGE_DATABASE_URL',
    ])
  })

  test('that accepts no writes', async () => {
    const url = await newDatabase()
    await server().query('ALTER DATABASE bridge_3 SET default_transaction_read_only = on')
    expect((await checked(url)).slice(1)).toEqual([
      'warning: PostgreSQL at HOST/bridge_3 accepts no writes (read-only); BRIDGE_DATABASE_URL must name the primary',
    ])
  })

  test('that a newer bridge has written', async () => {
    const url = await newDatabase()
    await (await openPostgresStore(readDatabaseUrl(url)!)).store.close()
    const later = "INSERT INTO swarmwatch_bridge.migrations (name, run_on) VALUES ('9999-later', now())"
    await server().exec('psql', '-U', 'postgres', '-d', 'bridge_4', '-c', later)
    expect((await checked(url)).slice(1)).toEqual([
      expect.stringMatching(
        /^warning: PostgreSQL at HOST\/bridge_4 cannot be used: the store was written by a newer alert-bridge \(schema 9999-later/,
      ),
    ])
  })

  test('that does not exist', async () => {
    expect((await checked((await newDatabase()).replace(/[^/]*$/, 'other'))).slice(1)).toEqual([
      'warning: PostgreSQL at HOST/other cannot be used: database "other" does not exist; until it can be, a bridge accepts no alerts',
    ])
  })
})
