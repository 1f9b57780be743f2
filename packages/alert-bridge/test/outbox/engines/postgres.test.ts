import { whyNoPostgres } from '@swarmwatch/testkit'
import pg from 'pg'
import { describe } from 'vitest'

import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import type { Store } from '../../../src/outbox/store.ts'
import { storeConformance } from '../conformance.ts'
import { postgresForTests } from './postgres-server.ts'

describe.skipIf(whyNoPostgres() !== undefined)('the store in PostgreSQL', () => {
  const { newDatabase } = postgresForTests()

  describe('conformance', () => {
    storeConformance(async () => {
      const url = await newDatabase()
      const open = async (): Promise<Store> => (await openPostgresStore(readDatabaseUrl(url)!)).store
      return {
        store: await open(),
        takeOver: async () => {
          // as if the time had passed in which a bridge must report
          const client = new pg.Client({ connectionString: url })
          await client.connect()
          await client.query('UPDATE swarmwatch_bridge.owners SET alive_until = 0')
          await client.end()
          return open()
        },
      }
    })
  })
})
