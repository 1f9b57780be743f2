import { whyNoPostgres } from '@swarmwatch/testkit'
import { describe } from 'vitest'

import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import { endLivesOf, postgresForTests } from '../../outbox/engines/postgres-server.ts'
import { escalationInvariants } from '../interleavings.ts'

/** RUNS=500 for a long run. */
const runs = Number(process.env['RUNS'] ?? 4)

describe.skipIf(whyNoPostgres() !== undefined)('the escalation with the store in PostgreSQL', () => {
  const { newDatabase } = postgresForTests()

  escalationInvariants(async () => {
    const url = await newDatabase()
    let isFirst = true
    const open = async () => {
      if (!isFirst) await endLivesOf(url)
      isFirst = false
      return (await openPostgresStore(readDatabaseUrl(url)!)).store
    }
    return { open }
  }, runs)
})
