import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { openBridge } from '../../src/open-bridge.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { FolderTakenError } from '../../src/outbox/store.ts'
import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const configuration = {
  alerts: {
    channels: [
      { type: 'console', name: 'console', severities: ['critical', 'warning', 'info'], fallback: false, quietHours: undefined },
    ] as const,
  },
}

test('a second owner of a data folder is refused in one line', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  const open = (): unknown => openSqliteStore(bridge.dataDir)
  expect(open).toThrow(FolderTakenError)
  expect(open).toThrow(
    /^the data folder \S+ is in use by another alert-bridge; stop it, or set BRIDGE_DATA_DIR to another folder$/,
  )
  await bridge.service.stop()
  await openSqliteStore(bridge.dataDir).store.close()
})

test('an embedded bridge delivers the alerts that it accepts', async () => {
  const lines: string[] = []
  const bridge = await openBridge(configuration, { dataDir: temporaryFolder(), write: (line) => lines.push(line) })
  const { id } = await bridge.accept(firing())
  expect(await bridge.accept(firing())).toEqual({ id, duplicate: 'retry' })
  await bridge.close()
  expect(lines).toEqual([expect.stringContaining('AgentSlow')])
})

test('an embedded bridge whose folder is in use prints alerts on the console and logs the reason', async () => {
  const lines: string[] = []
  const owner = await startedBridge({ channels: [recordingChannel()] })
  const bridge = await openBridge(configuration, { dataDir: owner.dataDir, write: (line) => lines.push(line) })
  await bridge.accept(firing())
  await bridge.close()
  expect(lines).toEqual([
    expect.stringMatching(/^\[BRIDGE\] the data folder .* is in use .* go to the console only$/),
    expect.stringContaining('AgentSlow'),
  ])
})

test('an embedded bridge rejects an invalid group', async () => {
  const bridge = await openBridge(configuration, { dataDir: temporaryFolder(), write: () => {} })
  await expect(bridge.accept({ ...firing(), alerts: [] })).rejects.toThrow(TypeError)
  await bridge.close()
})
