import { openPostgres, whyNoPostgres, type PostgresServer } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { postgresOnceStore, type ClosableOnceStore } from '../../../src/index.ts'
import { injectFailures, steps } from '../injected-failures.ts'
import { killExecutions, kills } from '../kills.ts'
import { testOnceStore } from '../store-conformance.ts'

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

  test('the PostgreSQL store repeats and loses no effect in runs that fail at every step', async () => {
    const runs = process.env['REQUIRE_STACK'] === '1' ? 1000 : 50
    const total = await injectFailures(runs, open())
    expect(total).toMatchObject({ attempts: 4 * runs, effects: runs * steps, repeated: 0, lost: 0 })
    expect(total.uncertain).toBeGreaterThan(runs / 10)
  })

  test('after SIGKILL at random moments, the PostgreSQL store repeats no effect silently and loses none', async () => {
    const total = await killExecutions(kills, 200, temporaryFolder(), server!.url, open(), () => server!.untilIdle())
    console.log(JSON.stringify(total))
    expect(total).toMatchObject({ kills, duplicates: 0, lost: 0, reported: total.uncertain })
  })
})
