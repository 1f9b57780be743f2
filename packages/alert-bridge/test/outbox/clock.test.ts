import { eventually } from '@swarmwatch/testkit'
import { expect, onTestFinished, test, vi } from 'vitest'

import { type Clocks, sleeplessClock, steadyClock, watchPauses } from '../../src/clock.ts'
import { firing } from '../helpers/alert-groups.ts'
import { delivered, failing, recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const hour = 3_600_000

test.each([
  ['forward', hour],
  ['back', -hour],
])('a clock that is set %s by an hour while the bridge is down prevents no delivery', async (_, shift) => {
  const channel = recordingChannel({ answer: failing })
  const times = { ...shortTimes, backoffMs: 60_000, maxBackoffMs: 60_000, probeAfterMs: 50 }
  const first = await startedBridge({ channels: [channel], times })
  await first.post('/api/v1/alerts', firing())
  await eventually('a try', async () => (await first.deliveries('pending'))[0]?.attempts === 1)
  await first.service.stop()
  channel.answer = delivered
  // within the same minute it would still wait out its backoff
  const second = await startedBridge({
    channels: [channel],
    times,
    dataDir: first.dataDir,
    now: () => Date.now() + shift + 61_000,
  })
  await second.idle()
  expect(channel.delivered).toHaveLength(1)
  // and a wanted repeat is not taken for a duplicate
  await second.post('/api/v1/alerts', firing({ notification_reason: 'repeat interval elapsed' }))
  await second.idle()
  expect(channel.delivered).toHaveLength(2)
})

test.each([
  ['forward', hour],
  ['back', -hour],
])('a clock that is set %s by an hour while the bridge runs changes nothing', async (_, shift) => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  channel.answer = failing
  await bridge.post('/api/v1/alerts', firing({ name: 'Failing' }))
  await eventually('a try', () => channel.tries.length > 1)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + shift })
  onTestFinished(() => void vi.useRealTimers())
  // a group that was delivered a moment ago is a duplicate
  expect(await (await bridge.post('/api/v1/alerts', firing())).json()).toMatchObject({ duplicate: true })
  // what waits is neither forgotten nor given up
  const tries = channel.tries.length
  await eventually('another try', () => channel.tries.length > tries)
  channel.answer = delivered
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(['AgentSlow', 'Failing'])
  const [failed] = await bridge.deliveries('delivered')
  expect(Math.abs(Date.parse(String(failed?.createdAt)) + shift - Date.now())).toBeLessThan(hour / 2)
})

test('counts evenly from the time of day', () => {
  const now = steadyClock()
  const [before, between, after] = [Date.now(), now(), Date.now()]
  // it counts in whole milliseconds
  expect(between).toBeGreaterThanOrEqual(before - 1)
  expect(between).toBeLessThanOrEqual(after + 1)
  expect(now()).toBeLessThanOrEqual(now())
})

/** Clocks of a machine at `day` 0: `run` is time in which it runs, `sleep` time in which Linux stops its monotonic clock. */
function machine(): {
  clocks: Required<Clocks>
  run: (ms: number) => void
  sleep: (ms: number) => void
  set: (ms: number) => void
} {
  const at = { ran: 5_000, up: 9_000, day: 1_000_000 }
  return {
    clocks: { running: () => at.ran, sinceBoot: () => at.up, timeOfDay: () => at.day },
    run: (ms) => void ((at.ran += ms), (at.up += ms), (at.day += ms)),
    sleep: (ms) => void ((at.up += ms), (at.day += ms)),
    set: (ms) => void (at.day += ms),
  }
}

test('continues while the machine sleeps, and reports that it was paused', () => {
  const { clocks, run, sleep } = machine()
  const clock = sleeplessClock(clocks)
  const { awakeForMs, wasPaused, stop } = watchPauses(sleeplessClock(clocks))
  onTestFinished(stop)
  const startedAt = clock()
  for (const _ of Array(100)) {
    run(700)
    clock()
    awakeForMs()
  }
  expect([clock() - startedAt, wasPaused()]).toEqual([70_000, false])
  sleep(8 * hour)
  run(1_000)
  expect(clock() - startedAt).toBe(71_000 + 8 * hour)
  expect([awakeForMs(), wasPaused()]).toEqual([0, true])
})

test('is not affected by a clock that is set, by whole seconds since the boot, or by an unknown boot time', () => {
  const { clocks, run, sleep, set } = machine()
  const { running, timeOfDay } = clocks
  const whole = { ...clocks, sinceBoot: () => Math.floor(clocks.sinceBoot() / 1_000) * 1_000 }
  const hidden = {
    ...clocks,
    sinceBoot: () => {
      throw new Error('EACCES')
    },
  }
  const some = [clocks, whole, hidden, { running, timeOfDay, sinceBoot: running }].map(sleeplessClock)
  const before = some.map((clock) => clock())
  for (const step of [hour, -hour, 400, 10 * hour]) {
    run(1_900)
    set(step)
    for (const clock of some) clock()
  }
  run(1_900)
  expect(some.map((clock, index) => clock() - before[index]!)).toEqual(Array(4).fill(9_500))
  // a container whose time since the boot jumps although no time passed
  sleep(hour)
  set(-hour)
  run(1_900)
  expect(some[0]!() - before[0]!).toBe(11_400)
})
