import { eventually } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { patientTimeout, watchPauses } from '../src/clock.ts'
import { watchWatchdog } from '../src/watchdog.ts'

test('a process is awake since its start, or since the end of its last pause', () => {
  let clock = 1_000
  const { awakeForMs, wasPaused, stop } = watchPauses(() => clock)
  onTestFinished(stop)
  clock += 1_900
  expect([awakeForMs(), wasPaused()]).toEqual([1_900, false])
  clock += 3_600_000
  expect([awakeForMs(), wasPaused()]).toEqual([0, true])
  clock += 700
  expect([awakeForMs(), wasPaused()]).toEqual([700, true])
})

test('a patient signal aborts when its time has passed, with a TimeoutError', async () => {
  const startedAt = performance.now()
  const signal = patientTimeout(60)
  await eventually('the end', () => signal.aborted)
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59)
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
})

test('only the time in which the process ran counts as silence, and a process that is always late reports it too', async () => {
  let clock = 1_000_000
  const titles: string[] = []
  const core = {
    watchdogAt: undefined,
    openReports: () => [],
    refreshReports: async () => {},
    report: async ({ title }: { title: string }) => void titles.push(title),
  }
  const { stop } = watchWatchdog({ core, now: () => clock, afterMs: 300_000, everyMs: 5 })
  onTestFinished(stop)
  const lateLooks = setInterval(() => (clock += 3_600_000), 5)
  onTestFinished(() => clearInterval(lateLooks))
  await eventually('the report', () => titles.length === 1)
  expect(titles).toEqual(['No Watchdog: alerts do not reach the bridge'])
  // many pauses of an hour were not enough for five minutes of silence
  expect(clock - 1_000_000).toBeGreaterThan(10 * 3_600_000)
})
