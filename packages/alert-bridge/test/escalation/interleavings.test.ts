import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe } from 'vitest'

import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { escalationInvariants } from './interleavings.ts'

/** RUNS=500 for a long run. */
const runs = Number(process.env['RUNS'] ?? 25)

describe('the escalation with the store in SQLite', () => {
  escalationInvariants(async () => {
    const folder = temporaryFolder()
    return { open: async () => openSqliteStore(folder).store }
  }, runs)
})
