import { join } from 'node:path'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { sqliteOnceStore } from '../../src/index.ts'
import { killExecutions, kills } from './kills.ts'

test('after SIGKILL at random moments, the SQLite store repeats no effect silently and loses none', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'once.db')
  const total = await killExecutions(kills, 60, folder, path, sqliteOnceStore(path))
  console.log(JSON.stringify(total))
  expect(total).toMatchObject({ kills, duplicates: 0, lost: 0, reported: total.uncertain })
})
