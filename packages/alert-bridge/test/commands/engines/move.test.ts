import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { Secret } from '@swarmwatch/config'
import { eventually, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { move } from '../../../src/commands/move.ts'
import { firing, resolved } from '../../helpers/alert-groups.ts'
import { broken, recordingChannel } from '../../helpers/recording-channel.ts'
import { shortTimes } from '../../helpers/short-times.ts'
import { startedBridge } from '../../helpers/started-bridge.ts'
import { postgresForTests } from '../../outbox/engines/postgres-server.ts'

const times = { ...shortTimes, stormWindowMs: 0 }

describe.skipIf(whyNoPostgres() !== undefined)('alert-bridge move', () => {
  const { server, newDatabase } = postgresForTests()

  async function runMove(folder: string, url: string | undefined, json = false): Promise<{ code: number; lines: string[] }> {
    const lines: string[] = []
    const databaseUrl = url === undefined ? undefined : new Secret(url)
    const code = await move({ folder, databaseUrl, write: (line) => lines.push(line), json })
    return { code, lines }
  }

  test('moves what waits, what was delivered and what is known, once, however often it runs', async () => {
    const channel = recordingChannel({ answer: () => ({ kind: 'delivered', thread: { ts: '1' } }) })
    const first = await startedBridge({ channels: [channel], times })
    await first.post('/api/v1/alerts', firing({ name: 'Delivered' }))
    await first.idle()
    channel.answer = broken
    for (let index = 0; index < 600; index += 1) await first.post('/api/v1/alerts', firing({ name: `Waits${index}` }))
    await first.post('/api/v1/alerts', 'no JSON')
    await first.service.stop()

    const databaseUrl = await newDatabase()
    const { code, lines } = await runMove(first.dataDir, databaseUrl)
    expect([code, lines.join('\n')]).toEqual([0, expect.stringContaining('notices: 603 rows verified, 603 of them copied')])
    expect(lines.join('\n')).not.toContain('test@')
    const name = readdirSync(first.dataDir).find((one) => /^bridge\.sqlite\.moved-\d+$/.test(one))!
    // as after a crash between the commit and the new name
    renameSync(join(first.dataDir, name), join(first.dataDir, 'bridge.sqlite'))
    const again = await runMove(first.dataDir, databaseUrl, true)
    expect([again.code, JSON.parse(again.lines.join('\n'))]).toEqual([
      0,
      {
        result: 'moved',
        database: expect.not.stringContaining('test@') as string,
        tables: expect.arrayContaining([{ table: 'notices', rows: 603, copied: 0 }]) as object[],
        oldStore: expect.stringMatching(/bridge\.sqlite\.moved-\d+$/) as string,
      },
    ])
    expect(existsSync(join(first.dataDir, 'bridge.sqlite'))).toBe(false)

    channel.answer = () => ({ kind: 'delivered' })
    const second = await startedBridge({ channels: [channel], times, databaseUrl })
    await second.idle()
    const titles = channel.delivered.map(({ notice }) => notice.title).filter((title) => title.startsWith('Waits'))
    expect([titles.length, new Set(titles).size]).toEqual([600, 600])
    expect(await second.service.core.store.listQuarantined()).toHaveLength(1)
    expect(await second.service.core.store.listIncidents({ isOpen: true, limit: 1_000 })).toHaveLength(601)
    // known: the same notification is a duplicate, and the end belongs to the incident
    expect(await (await second.post('/api/v1/alerts', firing({ name: 'Delivered' }))).json()).toMatchObject({ duplicate: true })
    await second.post('/api/v1/alerts', resolved({ name: 'Delivered' }))
    const end = await eventually('the end', () => channel.delivered.find(({ notice }) => notice.kind === 'resolved'))
    expect(end.thread).toEqual({ ts: '1' })
  })

  test('moves more bodies in quarantine than fit into one statement', async () => {
    const bridge = await startedBridge({ channels: [recordingChannel()], times })
    await bridge.service.stop()
    const source = new DatabaseSync(join(bridge.dataDir, 'bridge.sqlite'))
    source.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 270)
      INSERT INTO quarantine (id, received_at, reason, size, body) SELECT 'body-' || i, i, 'no JSON', 1048576, zeroblob(1048576) FROM n`)
    source.close()
    const { code, lines } = await runMove(bridge.dataDir, await newDatabase())
    expect([code, lines.join('\n')]).toEqual([0, expect.stringContaining('quarantine: 270 rows verified, 270 of them copied')])
  })

  test('refuses a folder whose bridge runs, a folder without a store, and no database, and moves nothing', async () => {
    const bridge = await startedBridge({ channels: [recordingChannel()] })
    const databaseUrl = await newDatabase()
    expect(await runMove(bridge.dataDir, databaseUrl)).toEqual({
      code: 1,
      lines: [expect.stringContaining('is in use by another alert-bridge')],
    })
    expect((await runMove(join(bridge.dataDir, 'nowhere'), databaseUrl)).code).toBe(1)
    expect(await runMove(bridge.dataDir, undefined)).toEqual({
      code: 1,
      lines: ['nothing was moved: BRIDGE_DATABASE_URL, or BRIDGE_DATABASE_URL_FILE, is not set'],
    })
    expect((await bridge.post('/api/v1/alerts', firing())).status).toBe(200)
  })

  test('a dump that pg_dump made while the bridge ran is restored with everything in it', async () => {
    const databaseUrl = await newDatabase()
    const channel = recordingChannel({ answer: broken })
    const first = await startedBridge({ channels: [channel], times, databaseUrl })
    for (const name of ['A', 'B', 'C']) await first.post('/api/v1/alerts', firing({ name }))
    const database = new URL(databaseUrl).pathname.slice(1)
    const file = `/tmp/${database}.dump`
    await server().exec('pg_dump', '-U', 'postgres', '--format=custom', '--schema=swarmwatch_bridge', `--file=${file}`, database)
    await first.service.stop()
    const restoredUrl = await newDatabase()
    await server().exec(
      'pg_restore',
      '-U',
      'postgres',
      '--exit-on-error',
      `--dbname=${new URL(restoredUrl).pathname.slice(1)}`,
      file,
    )
    channel.answer = () => ({ kind: 'delivered' })
    const second = await startedBridge({ channels: [channel], times, databaseUrl: restoredUrl })
    await second.idle()
    expect(
      channel.delivered
        .map(({ notice }) => notice.title)
        .filter((title) => title.length === 1)
        .toSorted(),
    ).toEqual(['A', 'B', 'C'])
  })
})
