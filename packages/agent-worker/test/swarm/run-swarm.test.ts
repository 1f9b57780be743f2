import { expect, test } from 'vitest'

import type { AgentTask } from '../../src/swarm/agent.ts'
import { backlogItems } from '../../src/swarm/backlog.ts'
import type { ReferenceAgents } from '../../src/swarm/reference-agents.ts'
import { type Assignment, runSwarm, seededSchedule } from '../../src/swarm/run-swarm.ts'
import { startSwarm } from './start-swarm.ts'

function* schedule(count: number, seed = 3): Generator<Assignment> {
  const work = seededSchedule(seed, backlogItems)
  for (let n = 0; n < count; n += 1) yield work.next().value
}

const agentsThat = (work: (task: AgentTask) => Promise<string>): ReferenceAgents => ({
  'rapid-builder': work,
  'api-integrator': work,
  reviewer: work,
})

test('the same seed gives the same work: each agent once, then agents by chance', () => {
  const names = [...schedule(30)].map(({ agent }) => agent)
  expect(names.slice(0, 3)).toEqual(['rapid-builder', 'api-integrator', 'reviewer'])
  expect([...schedule(30)].map(({ agent }) => agent)).toEqual(names)
  expect([...schedule(30, 4)].map(({ agent }) => agent)).not.toEqual(names)
  expect(new Set(names.slice(3)).size).toBe(3)
})

test('does all the work on real agents, and says how it went', async () => {
  const { agents, workspace } = await startSwarm({
    plan: ({ task }) => (task.startsWith('Task 4:') ? { kind: 'server-error' } : undefined),
  })
  const report = await runSwarm({ agents, schedule: schedule(12), signal: new AbortController().signal })
  expect(report).toEqual({ started: 12, succeeded: 11, failed: 1, cancelled: 0 })
  expect((await workspace.list('.')).length).toBeGreaterThan(5)
})

test('never has more tasks under way than allowed', async () => {
  let active = 0
  let most = 0
  const agents = agentsThat(async () => {
    active += 1
    most = Math.max(most, active)
    await new Promise(setImmediate)
    active -= 1
    return ''
  })
  await runSwarm({ agents, schedule: schedule(50), signal: new AbortController().signal, concurrency: 4 })
  expect({ active, most }).toEqual({ active: 0, most: 4 })
})

test('lets a task finish that is under way when it is stopped', async () => {
  const stop = new AbortController()
  const agents = agentsThat(async () => {
    stop.abort()
    await new Promise(setImmediate)
    return ''
  })
  const report = await runSwarm({
    agents,
    schedule: seededSchedule(1, backlogItems),
    signal: stop.signal,
    concurrency: 1,
    pauseMs: () => 60_000,
  })
  expect(report).toEqual({ started: 1, succeeded: 1, failed: 0, cancelled: 0 })
})

test('aborts what takes longer than the drain, waits included', async () => {
  const stop = new AbortController()
  const { agents, lines } = await startSwarm({ plan: () => ({ kind: 'rate-limited', retryAfterSeconds: 100 }) })
  const swarm = runSwarm({ agents, schedule: seededSchedule(1, backlogItems), signal: stop.signal, drainMs: 20 })
  await expect.poll(() => lines.length).toBe(3)
  stop.abort()
  expect(await swarm).toEqual({ started: 3, succeeded: 0, failed: 0, cancelled: 3 })
})

test('does nothing when it was stopped before it began', async () => {
  const agents = agentsThat(() => Promise.reject(new Error('must not be called')))
  const report = await runSwarm({ agents, schedule: schedule(3), signal: AbortSignal.abort() })
  expect(report).toEqual({ started: 0, succeeded: 0, failed: 0, cancelled: 0 })
})
