import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test, vi } from 'vitest'

import { type MetaReports, metaWindowMs, startMetaReports } from '../../src/intake/meta-reports.ts'
import type { Meta } from '../../src/message/meta-notices.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import type { MetaState } from '../../src/outbox/store.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const start = Date.parse('2026-11-24T02:00:00Z')

interface Fixture {
  readonly clock: { now: number }
  readonly reports: Meta[]
  readonly failures: Error[]
  readonly unstored: Meta[]
  /** The channel that must not receive it, for each report. */
  readonly excepts: (string | undefined)[]
  readonly report: (meta: Partial<Meta>, except?: string) => Promise<void>
  /** Ends the owner and starts another one on the same data. */
  readonly restart: () => Promise<void>
  readonly texts: () => string[]
  /** The states on disk, by the key of the problem. */
  readonly stored: () => Promise<Record<string, MetaState>>
  readonly stop: () => void
  /** From now on, nothing can be written. */
  readonly closeStore: () => Promise<void>
  /** While it is set, reports wait for it before they are stored. */
  readonly storing: { until?: Promise<void> }
}

async function fixture({ lookEveryMs = 5 } = {}): Promise<Fixture> {
  const folder = temporaryFolder()
  const clock = { now: start }
  const reports: Meta[] = []
  const failures: Error[] = []
  const unstored: Meta[] = []
  const excepts: (string | undefined)[] = []
  const storing: Fixture['storing'] = {}
  let store = openSqliteStore(folder).store
  let reporter = await opened()
  let isClosed = false
  const close = async (): Promise<void> => {
    if (!isClosed) await store.close()
    isClosed = true
  }
  onTestFinished(async () => {
    reporter.stop()
    await close()
  })
  async function opened(): Promise<MetaReports> {
    return startMetaReports({
      store,
      now: () => clock.now,
      lookEveryMs,
      onUnstored: (meta) => unstored.push(meta),
      accept: async (meta, except) => {
        await storing.until
        const failure = failures.shift()
        if (failure !== undefined) throw failure
        reports.push(meta)
        excepts.push(except)
      },
    })
  }
  return {
    clock,
    reports,
    failures,
    unstored,
    excepts,
    storing,
    report: (meta, except) =>
      reporter.report({ key: 'a', severity: 'critical', title: 'Trouble', text: 'It broke.', ...meta }, except),
    restart: async () => {
      reporter.stop()
      await store.close()
      store = openSqliteStore(folder).store
      reporter = await opened()
    },
    texts: () => reports.map(({ title, text, isOver = false }) => `${title}: ${text}${isOver ? ' (end)' : ''}`),
    stored: async () => Object.fromEntries((await store.metaStates()).map((state) => [state.key, state])),
    stop: () => reporter.stop(),
    closeStore: close,
  }
}

test('the first occurrence is reported at once, the others together when five minutes have passed', async () => {
  const { clock, report, texts, reports } = await fixture()
  for (const detail of ['id-1', 'id-2', 'id-3']) await report({ detail })
  await report({ key: 'b', title: 'Other trouble' })
  clock.now += metaWindowMs - 1
  await report({ detail: 'id-4', text: 'It broke again.' })
  expect(texts()).toEqual(['Trouble: It broke.', 'Other trouble: It broke.'])
  clock.now += 1
  await eventually('the report of the others', () => reports.length === 3)
  expect(texts()[2]).toBe(
    'Trouble (3 more times): This happened 3 more times since 2026-11-24 02:00:00 UTC+00:00: id-2, id-3, id-4.\nLast occurrence: It broke again.',
  )
})

test('a trouble without repetitions is not reported a second time', async () => {
  const { clock, report, texts, reports } = await fixture()
  await report({})
  await report({ key: 'b' })
  await report({ key: 'b' })
  clock.now += metaWindowMs
  await eventually('the report of b', () => reports.length === 3)
  await report({})
  expect(texts()).toHaveLength(4)
  expect(texts()[3]).toBe('Trouble: It broke.')
})

test('each window has at most one report, and begins with the one before', async () => {
  const { clock, report, reports } = await fixture()
  await report({})
  await report({})
  clock.now += metaWindowMs
  await eventually('the first report of the others', () => reports.length === 2)
  await report({})
  expect(reports).toHaveLength(2)
  clock.now += metaWindowMs
  await eventually('the second report of the others', () => reports.length === 3)
})

test('the next process sends the reports that were held back', async () => {
  const { clock, report, restart, texts, reports } = await fixture()
  await report({ detail: 'id-1' })
  await report({ detail: 'id-2' })
  await restart()
  await report({ detail: 'id-3' })
  expect(reports).toHaveLength(1)
  clock.now += metaWindowMs
  await restart()
  await eventually('the report of the others', () => reports.length === 2)
  expect(texts()[1]).toContain('2 more times since 2026-11-24 02:00:00 UTC+00:00: id-2, id-3.')
})

test('a clock that was set back while the bridge was down does not silence it', async () => {
  const { clock, report, restart, reports } = await fixture()
  await report({})
  await report({})
  clock.now -= 24 * 3_600_000
  await restart()
  await eventually('the report of the others', () => reports.length === 2)
})

test('a flood is counted in full and named up to twenty, also on disk', async () => {
  const { clock, report, texts, reports, stored } = await fixture()
  for (let count = 0; count <= 500; count += 1) await report({ detail: `id-${count}` })
  expect((await stored())['a']?.held?.details).toHaveLength(20)
  clock.now += metaWindowMs
  await eventually('the report of the others', () => reports.length === 2)
  expect(texts()[1]).toMatch(/^Trouble \(500 more times\): .*: id-1, id-2, .*, id-20 and 480 more\.\n/)
  expect(texts()[1]!.length).toBeLessThan(500)
})

test('the end of a problem is reported once, and only if its beginning was reported', async () => {
  const { report, reports } = await fixture()
  await report({ isOver: true })
  expect(reports).toEqual([])
  await report({})
  await report({ isOver: true })
  await report({ isOver: true })
  expect(reports.map(({ isOver = false }) => isOver)).toEqual([false, true])
})

test('trouble that comes back within five minutes and stays is reported when they have passed, and its end after that', async () => {
  const { clock, report, reports } = await fixture()
  await report({})
  await report({ isOver: true })
  await report({})
  expect(reports).toHaveLength(2)
  clock.now += metaWindowMs
  await eventually('the report', () => reports.length === 3)
  expect(reports[2]).toMatchObject({
    title: 'Trouble (1 more time)',
    text: 'This happened 1 more time since 2026-11-24 02:00:00 UTC+00:00.\nLast occurrence: It broke.',
    isOver: false,
  })
  await report({ isOver: true })
  expect(reports[3]).toMatchObject({ isOver: true })
})

test('trouble that came back within five minutes and ended is reported as resolved', async () => {
  const { clock, report, texts, reports } = await fixture()
  for (const isOver of [false, true, false, true, false, true]) await report({ isOver })
  clock.now += metaWindowMs
  await eventually('the report', () => reports.length === 3)
  expect(texts()[2]).toMatch(
    /^Trouble \(2 more times\): This happened 2 more times since .*\.\nIt is resolved now\.\nLast occurrence: It broke\. \(end\)$/,
  )
})

test('a report that could not be stored goes to the console, and to the recipients when it can be stored', async () => {
  const { clock, report, failures, unstored, texts, reports } = await fixture()
  failures.push(new Error('disk full'), new Error('disk full'))
  await report({})
  expect([reports, unstored.map(({ title }) => title)]).toEqual([[], ['Trouble']])
  clock.now += metaWindowMs
  await eventually('the second try', () => unstored.length === 2)
  clock.now += metaWindowMs
  await eventually('the third try', () => reports.length === 1)
  expect(texts()).toEqual(['Trouble: It broke.'])
})

test('a report is kept from the channel that it is about, also if it was held or could not be stored at first', async () => {
  const { clock, report, failures, reports, excepts } = await fixture()
  await report({}, 'mail')
  await report({}, 'slack')
  failures.push(new Error('disk full'))
  await report({ key: 'b' }, 'teams')
  clock.now += metaWindowMs
  await eventually('the held reports', () => reports.length === 3)
  await report({ key: 'b', isOver: true }, 'console')
  expect(new Set(excepts)).toEqual(new Set(['mail', 'slack', 'teams', 'console']))
  expect(excepts).toHaveLength(4)
})

test.each([
  ['is stored', []],
  ['cannot be stored', [new Error('disk full')]],
])('an occurrence while the first report %s is held', async (_, failed) => {
  const { clock, report, failures, reports, texts, storing } = await fixture()
  failures.push(...failed)
  const { promise, resolve } = Promise.withResolvers<void>()
  storing.until = promise
  const first = report({ detail: 'id-1' })
  await report({ detail: 'id-2' })
  resolve()
  await first
  clock.now += metaWindowMs
  await eventually('the report of the second', () => texts().at(-1)?.includes('1 more time since 2026'))
  expect(reports).toHaveLength(2 - failed.length)
})

test('the end of a problem that could not be stored is sent again as an end, and a later beginning is reported', async () => {
  const { clock, report, failures, reports } = await fixture()
  await report({})
  failures.push(new Error('disk full'))
  await report({ isOver: true })
  clock.now += metaWindowMs
  await eventually('the end', () => reports.length === 2)
  expect(reports[1]).toMatchObject({ title: 'Trouble', isOver: true })
  await report({ isOver: true })
  clock.now += metaWindowMs
  await report({})
  expect(reports).toHaveLength(3)
})

test('a problem that ended is forgotten after five minutes, one without an end after 90 days', async () => {
  const { clock, report, stored, reports } = await fixture()
  const days = 24 * 3_600_000
  await report({ key: 'ended' })
  await report({ key: 'ended', isOver: true })
  await report({ key: 'open' })
  const knownAt = async (time: number): Promise<string[]> => {
    clock.now = time
    await report({ key: 'last' })
    return Object.keys(await stored()).filter((key) => key !== 'last')
  }
  expect(await knownAt(start + metaWindowMs - 1)).toEqual(['ended', 'open'])
  expect(await knownAt(start + metaWindowMs)).toEqual(['open'])
  expect(await knownAt(start + 90 * days)).toEqual(['open'])
  expect(await knownAt(start + 90 * days + 1)).toEqual([])
  const count = reports.length
  await report({ key: 'open', isOver: true })
  expect(reports).toHaveLength(count)
})

test('a report that is held is neither forgotten nor overtaken when its window ends', async () => {
  const { clock, report, stored, reports } = await fixture({ lookEveryMs: 1_000_000 })
  for (const isOver of [false, true, false]) await report({ isOver })
  clock.now += metaWindowMs
  await report({ key: 'b' })
  expect(Object.keys(await stored())).toEqual(['a', 'b'])
  await report({})
  expect(reports).toHaveLength(3)
  expect((await stored())['a']?.held?.count).toBe(2)
})

test('a report that could not be stored is named with the later ones', async () => {
  const { clock, report, failures, texts, reports } = await fixture()
  failures.push(new Error('disk full'))
  await report({ detail: 'id-1' })
  await report({ detail: 'id-2' })
  clock.now += metaWindowMs
  await eventually('the report', () => reports.length === 1)
  expect(texts()[0]).toContain('1 more time since 2026-11-24 02:00:00 UTC+00:00: id-2.')
})

test('a timer runs only while a report is held, until the stop', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { report, stop } = await fixture()
  await report({})
  expect(vi.getTimerCount()).toBe(0)
  for (const detail of ['id-1', 'id-2']) await report({ detail })
  expect(vi.getTimerCount()).toBe(1)
  stop()
  await report({})
  expect(vi.getTimerCount()).toBe(0)
})

test('a stop while a held report is being sent starts no timer for another one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { clock, report, stop, stored, storing } = await fixture()
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const key of ['a', 'b']) {
    await report({ key })
    await report({ key })
    clock.now += metaWindowMs / 2
  }
  storing.until = promise
  vi.advanceTimersByTime(5)
  stop()
  resolve()
  while ((await stored())['a']?.held !== undefined) await new Promise(setImmediate)
  await new Promise(setImmediate)
  expect(vi.getTimerCount()).toBe(0)
})

test('without the disk, reports are sent and held all the same', async () => {
  const { clock, report, reports, closeStore } = await fixture()
  await closeStore()
  await report({})
  await report({})
  clock.now += metaWindowMs
  await eventually('the report of the second', () => reports.length === 2)
  await report({ isOver: true })
  clock.now += metaWindowMs
  await report({ key: 'b' })
  await report({})
  expect(reports).toHaveLength(5)
})

test('after a restart, each held report is sent by the new process only', async () => {
  const { clock, report, restart, texts, reports } = await fixture()
  await report({})
  await report({})
  await restart()
  for (const count of [2, 3]) {
    clock.now += metaWindowMs
    await eventually('the report of the others', () => reports.length >= count)
    await report({})
  }
  expect(texts()).toHaveLength(3)
})

test('unreadable bodies after the first are reported with their number and ids, also by the next process', async () => {
  const clock = { now: start }
  const dataDir = temporaryFolder()
  const channel = recordingChannel()
  const first = await startedBridge({ channels: [channel], dataDir, now: () => clock.now })
  const ids: string[] = []
  for (let count = 0; count < 4; count += 1) {
    const response = await first.post('/api/v1/alerts', 'no JSON')
    ids.push(((await response.json()) as { id: string }).id)
  }
  await first.idle()
  expect(channel.delivered).toHaveLength(1)
  await first.service.stop()
  clock.now += metaWindowMs
  await startedBridge({ channels: [channel], dataDir, now: () => clock.now })
  await eventually('the report of the others', () => channel.delivered.length === 2)
  expect(channel.delivered[1]!.notice).toMatchObject({
    kind: 'meta',
    severity: 'critical',
    title: 'An alert could not be read (3 more times)',
    text: expect.stringContaining(`: ${ids.slice(1).join(', ')}.\n`) as string,
  })
})

test('bodies over 16 MiB after the first are reported with their number and senders', async () => {
  const clock = { now: start }
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], now: () => clock.now })
  const large = 'x'.repeat(16 * 1024 * 1024 + 1)
  for (let count = 0; count < 3; count += 1) await bridge.post('/api/v1/alerts', large).catch(() => {})
  clock.now += metaWindowMs
  await eventually('the report of the others', () => channel.delivered.length === 2)
  expect(channel.delivered[1]!.notice).toMatchObject({
    title: 'Alerts were refused because the request was too large (2 more times)',
    text: expect.stringContaining('16777217 bytes from 127.0.0.1, 16777217 bytes from 127.0.0.1.\n') as string,
  })
})
