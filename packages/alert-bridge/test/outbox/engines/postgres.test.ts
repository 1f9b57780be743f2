import { whyNoPostgres } from '@swarmwatch/testkit'
import { describe, onTestFinished } from 'vitest'

import type { Checkpoints } from '../../../src/checkpoint.ts'
import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import type { Store } from '../../../src/outbox/store.ts'
import { storeConformance } from '../conformance.ts'
import { endLivesOf, postgresForTests } from './postgres-server.ts'

describe.skipIf(whyNoPostgres() !== undefined)('the store in PostgreSQL', () => {
  const { newDatabase } = postgresForTests()

  describe('conformance', () => {
    storeConformance(async (checkpoints) => {
      const url = await newDatabase()
      const open = async (given?: Checkpoints): Promise<Store> => (await openPostgresStore(readDatabaseUrl(url)!, given)).store
      return {
        store: await open(checkpoints),
        takeOver: async () => {
          await endLivesOf(url)
          // a bridge that lives shows that the first one could have reported
          const other = await open()
          onTestFinished(() => other.close())
          await other.sharing!.beat()
          return open()
        },
      }
    })
  })
})
