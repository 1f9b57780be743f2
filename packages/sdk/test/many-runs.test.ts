import { setImmediate as soon } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { instrumentAgent } from '../src/index.ts'
import type { Tracked } from '../src/monitor/agent-statistics.ts'
import { newAttempt, newRecord } from '../src/monitor/execution-record.ts'
import { Monitor } from '../src/monitor/monitor.ts'
import { otherName } from '../src/names.ts'

/** A monitor with runs in progress; `visits()` counts how many of them were looked at since the last call. */
function monitorWith(agentNames: readonly string[], seriesName = (name: string): string => name) {
  const monitor = new Monitor()
  let visited = 0
  const runs = agentNames.map((agentName, index): Tracked => {
    const record = newRecord(String(index), agentName, undefined, 0, undefined)
    const series = { agentName: seriesName(agentName) } as Tracked['series']
    const run = { record, series, order: 0, earlier: undefined, later: undefined, isHeld: false, lastStep: '' }
    return Object.defineProperty(run, 'record', {
      get: () => {
        visited += 1
        return record
      },
    })
  })
  for (const run of runs) monitor.started(run)
  const visits = (): number => {
    const count = visited
    visited = 0
    return count
  }
  visits()
  return { monitor, runs, visits }
}

const many = Array.from({ length: 100_000 }, (_, index) => `agent-${index % 50}`)

test('with 100,000 runs in progress, health, metrics and the oldest runs look at no more runs than they return', () => {
  const { monitor, visits } = monitorWith(many)
  const health = monitor.health()
  expect([health.activeExecutions, health.activeAgents, visits()]).toEqual([100_000, 50, 0])
  const metrics = monitor.metrics(1000)
  expect([metrics.agents.length, metrics.agents[7]?.active, visits()]).toEqual([50, 2000, 0])
  expect([monitor.successRates(), visits()]).toEqual([[], 0])
  expect([monitor.active().map(({ id }) => id), visits()]).toEqual([Array.from({ length: 1000 }, (_, id) => String(id)), 1000])
  const some = monitor.active({ limit: 3, agentName: 'agent-49' }).map(({ id }) => id)
  expect([some, visits()]).toEqual([['49', '99', '149'], 3])
  expect(monitor.active({ limit: Number.POSITIVE_INFINITY })).toHaveLength(100_000)
})

test('a run that ends leaves the list and the numbers, wherever it was in the order', () => {
  const { monitor, runs } = monitorWith(['a', 'b', 'a', 'c'])
  for (const index of [1, 2]) monitor.finished(runs[index]!)
  expect(monitor.active().map(({ id }) => id)).toEqual(['0', '3'])
  expect(monitor.health()).toMatchObject({ activeExecutions: 2, activeAgents: 2 })
  expect(monitor.activeByAgent()).toEqual([
    { agentName: 'a', active: 1 },
    { agentName: 'c', active: 1 },
  ])
})

test('runs that wait for their next attempt are counted until they run again or finish', () => {
  const { monitor, runs } = monitorWith(['a', 'a', 'a'])
  const waiting = (): number => monitor.health().waitingExecutions
  for (const { record } of runs) monitor.changed(record, 'waiting')
  monitor.changed(runs[0]!.record, 'waiting')
  expect(waiting()).toBe(3)
  monitor.changed(runs[0]!.record, 'running')
  monitor.changed(runs[1]!.record, 'finished')
  expect(waiting()).toBe(1)
})

test('runs of one agent are found by its name, also past the names that have a list of their own', () => {
  const { monitor, runs, visits } = monitorWith([...many.slice(0, 30_000), 'rare', 'rarer'], (name) =>
    name === 'agent-1' ? name : otherName,
  )
  const idsOf = (agentName: string): string[] => monitor.active({ limit: 2, agentName }).map(({ id }) => id)
  expect(idsOf('agent-1')).toEqual(['1', '51'])
  expect(idsOf('agent-2')).toEqual(['2', '52'])
  expect(idsOf(otherName)).toEqual(['0', '2'])
  expect(idsOf('nobody')).toEqual([])
  visits()
  idsOf('rarer')
  expect(visits()).toBeLessThanOrEqual(10_000)
  for (const index of [0, 1, 2]) monitor.finished(runs[index]!)
  const recentOf = (agentName: string): string[] => monitor.metrics(9, agentName).recent.map(({ id }) => id)
  expect([recentOf('agent-1'), recentOf('agent-2'), recentOf(otherName)]).toEqual([['1'], ['2'], ['2', '0']])
})

test('a copy of a run that tried 10,000 times holds its last 100 attempts', () => {
  const { monitor, runs } = monitorWith(['a'])
  for (let number = 1; number <= 10_000; number += 1) runs[0]!.record.attempts.push(newAttempt(number, 0, 0))
  const numbers = monitor.active()[0]!.attempts.map(({ number }) => number)
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([100, 9901, 10_000])
})

test('the last run keeps neither its arguments nor its result nor its function in memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const kept = await runOnce()
  await eventually('all to be collected', async () => {
    await soon()
    collect()
    return kept.every((each) => each.deref() === undefined)
  })

  async function runOnce(): Promise<readonly WeakRef<object>[]> {
    const [question, answer] = [{ text: 'a question' }, { text: 'an answer' }]
    const work = async (_: object) => answer
    await instrumentAgent(work, { name: 'collected', logger: false })(question)
    return [new WeakRef(question), new WeakRef(answer), new WeakRef(work)]
  }
})
