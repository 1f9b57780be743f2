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

  test('a role that may not create tables uses those that exist, and keeps results without the table of attempts', async () => {
    const call = { executionId: 'restricted', tool: 'order', key: 'k', number: 0 }
    const attempt = { executionId: 'restricted', agentName: 'worker', attempt: 1, owner: 'one', traceparent: undefined }
    // Creates both tables
    await open().beginAttempt!({ ...attempt, executionId: 'other' })
    await open().load('other')
    const grant = 'GRANT SELECT, INSERT, UPDATE, DELETE ON'
    await server!.query(`CREATE ROLE restricted LOGIN PASSWORD 'test'; ${grant} swarmwatch_once TO restricted`)
    const url = Object.assign(new URL(server!.url), { username: 'restricted' }).href
    const openRestricted = (): ClosableOnceStore => {
      const store = postgresOnceStore(url)
      opened.push(store)
      return store
    }

    const store = openRestricted()
    expect(await store.begin(call, 'one')).toBeUndefined()
    await store.succeed(call, 'ordered')
    expect(await openRestricted().load('restricted')).toMatchObject([{ ...call, state: 'done', result: 'ordered' }])
    await expect(store.beginAttempt!(attempt)).rejects.toThrow('permission denied for table swarmwatch_attempts')

    await server!.query(`${grant} swarmwatch_attempts TO restricted`)
    expect(await store.beginAttempt!(attempt)).toBeUndefined()
    expect(await openRestricted().beginAttempt!({ ...attempt, attempt: 2 })).toMatchObject({ attempt: 1, owner: 'one' })

    await server!.query('ALTER TABLE swarmwatch_attempts RENAME TO hidden_attempts')
    const later = openRestricted()
    await expect(later.beginAttempt!(attempt)).rejects.toThrow('permission denied for schema public')
    expect(await later.load('restricted')).toHaveLength(1)
    await server!.query('ALTER TABLE hidden_attempts RENAME TO swarmwatch_attempts')
  })

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
