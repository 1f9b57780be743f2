import { expect, test } from 'vitest'

import { loadConfiguration } from '../src/index.ts'
import { problemsOf } from './problems-of.ts'

test('recovery.provider of the file is for all agents, that of an agent for one, and code overrides single keys', () => {
  const file = [
    'recovery:',
    '  provider: { breaker: true, max_wait: 600 }',
    '  agents: { chat: { provider: { max_wait: 0 } }, other: { max_retries: 1 } }',
  ].join('\n')
  const code = { recovery: { provider: { retryBudget: 0.2 }, agents: { late: { provider: { maxWaitSeconds: 60 } } } } }
  const { recovery, origins } = loadConfiguration({ env: {}, file: 'a.yaml', readFile: () => file, code })
  expect(recovery.provider).toEqual({ breaker: true, maxWaitSeconds: 600, retryBudget: 0.2 })
  const { chat, other, late } = recovery.agents
  expect([chat, other, late].map((agent) => agent?.provider)).toEqual([{ maxWaitSeconds: 0 }, undefined, { maxWaitSeconds: 60 }])
  expect(other?.maxRetries).toBe(1)
  expect(
    ['recovery.provider.breaker', 'recovery.provider.retryBudget', 'recovery.agents.chat.provider.maxWaitSeconds'].map(
      (path) => origins[path],
    ),
  ).toEqual(['file a.yaml:recovery.provider.breaker', 'code', 'file a.yaml:recovery.agents.chat.provider.max_wait'])
})

test('without recovery.provider there is none', () => {
  expect(loadConfiguration({ env: {}, file: false }).recovery).not.toHaveProperty('provider')
})

test('all problems of recovery.provider are reported at once', () => {
  const file = 'recovery:\n  provider: { breaker: maybe, retry_budget: 2, wait: 5 }\n  agents: { a: { provider: on } }'
  const code = { recovery: { provider: { maxWaitSeconds: -1 }, agents: { b: { provider: { breaker: 1 } } } } as never }
  expect(problemsOf({ env: {}, file: 'a.yaml', readFile: () => file, code })).toEqual([
    'recovery.provider.breaker must be true or false, got "maybe" (a.yaml:2)',
    'recovery.provider.retry_budget must be a share from 0 to 1, got 2 (a.yaml:2)',
    'recovery.provider.wait is not a setting; the settings are breaker, retry_budget, max_wait (a.yaml:2)',
    'recovery.agents.a.provider must be a mapping with breaker, retry_budget, max_wait, got "on" (a.yaml:3)',
    'recovery.provider.maxWaitSeconds must be a number of seconds from 0 to 86400, got -1',
    'recovery.agents.b.provider.breaker must be true or false, got 1',
  ])
})
