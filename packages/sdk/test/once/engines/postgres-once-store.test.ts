import { openPostgres, whyNoPostgres, type PostgresServer } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { postgresOnceStore, type ClosableOnceStore } from '../../../src/index.ts'
import { killExecutions } from '../kills.ts'
import { testOnceStore } from '../store-conformance.ts'

// 100 with ONCE_KILLS=100, which takes a minute
const kills = Number(process.env['ONCE_KILLS'] ?? 8)

describe.skipIf(whyNoPostgres() !== undefined)('with a PostgreSQL server', () => {
  let server: PostgresServer | undefined
  const opened: ClosableOnceStore[] = []
  const open = (): ClosableOnceStore => {
    const store = postgresOnceStore(`${server!.url}?application_name=test`)
    opened.push(store)
    return store
  }
  beforeAll(async () => {
    server = await openPostgres()
  })
  afterAll(async () => {
    for (const store of opened) await store.close()
    await server?.[Symbol.asyncDispose]()
  })

  testOnceStore('the PostgreSQL store', () => ({ store: open(), open }))

  test('after SIGKILL at random moments, the PostgreSQL store repeats no effect silently and loses none', async () => {
    const total = await killExecutions(kills, 200, temporaryFolder(), server!.url, open(), () => server!.untilIdle())
    console.log(JSON.stringify(total))
    expect(total).toMatchObject({ kills, duplicates: 0, lost: 0, reported: total.uncertain })
  })
})
