import { spawnSync } from 'node:child_process'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test, type TestContext } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { delivered, failing, recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

/** Makes the database read-only, also for those that have it open; skips the test where that is not allowed. */
function freeze({ skip }: TestContext, folder: string): () => void {
  const files = ['bridge.sqlite', 'bridge.sqlite-wal'].map((name) => join(folder, name))
  const thaw = (): void => void spawnSync('chattr', ['-i', ...files])
  onTestFinished(thaw)
  if (spawnSync('chattr', ['+i', ...files]).status !== 0) skip('needs root and a disk with chattr, to make open files read-only')
  return thaw
}

test('answers 503 while the database is read-only, loses nothing, and continues when it is writable again', async (context) => {
  const channel = recordingChannel({ answer: failing })
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, stormWindowMs: 0 } })
  const before = await bridge.post('/api/v1/alerts', firing({ name: 'Before' }))
  expect([before.status, (await bridge.get('/readyz')).status]).toEqual([200, 200])

  const thaw = freeze(context, bridge.dataDir)
  channel.answer = delivered
  const frozen = await bridge.post('/api/v1/alerts', firing({ name: 'Frozen' }))
  expect([frozen.status, await frozen.json()]).toEqual([503, { error: 'cannot store: unavailable' }])
  await eventually('it to be unready', async () => (await bridge.get('/readyz')).status === 503)
  expect((await bridge.get('/healthz')).status).toBe(200)
  expect(bridge.lines.filter((line) => line.includes('the store cannot write'))).toHaveLength(1)

  thaw()
  await eventually('it to be ready', async () => (await bridge.get('/readyz')).status === 200)
  expect((await bridge.post('/api/v1/alerts', firing({ name: 'Frozen' }))).status).toBe(200)
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.title).toSorted()).toEqual(['Before', 'Frozen'])
})

/** A disk of its own that can be made to fail; skips the test where that cannot be had. */
function failingDisk({ skip }: TestContext): { folder: string; fail: () => void; repair: () => void } {
  const [image, folder] = [join(temporaryFolder(), 'disk'), temporaryFolder()]
  writeFileSync(image, '')
  truncateSync(image, 32 * 1024 * 1024)
  const run = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0
  const mount = (): boolean => run('mount', '-o', 'loop,errors=remount-ro', image, folder)
  if (!run('mkfs.ext4', '-q', image) || !mount()) skip('needs root, to mount a disk that can fail')
  onTestFinished(() => void run('umount', '-l', folder))
  return {
    folder,
    // the kernel then treats it as damaged and allows no writes, as with a disk that fails
    fail: () => {
      const device = readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .find((line) => line.split(' ')[1] === folder)!
        .split(' ')[0]!
      writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1')
    },
    repair: () => expect(run('umount', folder) && mount()).toBe(true),
  }
}

test('answers 503 when the disk has failed and is read-only, and delivers all acknowledged alerts once it is repaired', async (context) => {
  const { folder, fail, repair } = failingDisk(context)
  const channel = recordingChannel({ answer: failing })
  const first = await startedBridge({ channels: [channel], times: shortTimes, dataDir: folder })
  expect((await first.post('/api/v1/alerts', firing({ name: 'Before' }))).status).toBe(200)
  fail()
  expect((await first.post('/api/v1/alerts', firing({ name: 'Failed' }))).status).toBe(503)
  await eventually('it to be unready', async () => (await first.get('/readyz')).status === 503)
  await first.service.stop()
  repair()
  channel.answer = delivered
  const second = await startedBridge({ channels: [channel], times: shortTimes, dataDir: folder })
  await second.idle()
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(['Before'])
  await second.service.stop()
})

test('does not start on a folder that cannot be written, and names it', async ({ skip }) => {
  const dataDir = temporaryFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', dataDir])
  if (mounted.status !== 0) skip('needs root, to mount a disk that is read-only')
  onTestFinished(() => void spawnSync('umount', ['-l', dataDir]))
  await expect(startedBridge({ channels: [recordingChannel()], dataDir })).rejects.toThrow(dataDir)
})

test.skipIf(process.platform !== 'linux')('does not start where no folder can be made, and names it', async () => {
  const dataDir = '/proc/nowhere/bridge'
  const start = startedBridge({ channels: [recordingChannel()], dataDir })
  await expect(start).rejects.toThrow(`the data folder ${dataDir} cannot be created: ENOENT`)
})
