import { whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { firing } from '../../helpers/alert-groups.ts'
import { recordingChannel } from '../../helpers/recording-channel.ts'
import { shortTimes } from '../../helpers/short-times.ts'
import { startedBridge } from '../../helpers/started-bridge.ts'
import { postgresForTests } from './postgres-server.ts'

describe.skipIf(whyNoPostgres() !== undefined)('bridges that share a database', () => {
  const { newDatabase } = postgresForTests()

  test('three that start at the same time on an empty database deliver each alert once, whichever receives it', async () => {
    const databaseUrl = await newDatabase()
    const channels = [recordingChannel(), recordingChannel(), recordingChannel()]
    const times = { ...shortTimes, stormWindowMs: 0 }
    const bridges = await Promise.all(channels.map((channel) => startedBridge({ channels: [channel], times, databaseUrl })))
    const names = Array.from({ length: 60 }, (_, index) => `A${index}`)
    // each is received by two of them, as from two Alertmanagers
    const answers = await Promise.all(
      names.flatMap((name, index) =>
        [0, 1].map(async (peer) => {
          const response = await bridges[(index + peer) % 3]!.post(
            '/api/v1/alerts',
            firing({ name, externalURL: `http://am-${peer}` }),
          )
          return [response.status, ((await response.json()) as { duplicate?: true }).duplicate === true]
        }),
      ),
    )
    expect(answers.filter(([status]) => status !== 200)).toEqual([])
    expect(answers.filter(([, isDuplicate]) => isDuplicate === true)).toHaveLength(60)
    await bridges[0]!.idle()
    const titles = channels.flatMap(({ delivered }) => delivered.map(({ notice }) => notice.title))
    expect(titles.toSorted()).toEqual(names.toSorted())
  })
})
