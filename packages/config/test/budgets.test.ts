import { expect, test } from 'vitest'

import { type BudgetSettings, loadConfiguration } from '../src/index.ts'
import { problemsOf } from './problems-of.ts'

const load = (file: string, budgets?: BudgetSettings) =>
  loadConfiguration({ env: {}, file: 'a.yaml', readFile: () => file, code: { budgets } })

test('budgets are read by the name of the agent, and a budget in code replaces that of the file', () => {
  const file = 'budgets:\n  a: { usd: 0.5, model_calls: 40 }\n  b: { seconds: 600 }\n  constructor: { tokens: 1 }'
  const { budgets, origins } = load(file, { b: { toolCalls: 3 } })
  expect({ ...budgets }).toEqual({ a: { usd: 0.5, modelCalls: 40 }, b: { toolCalls: 3 }, constructor: { tokens: 1 } })
  expect(budgets['toString']).toBeUndefined()
  expect([origins['budgets.a.modelCalls'], origins['budgets.b.toolCalls']]).toEqual(['file a.yaml:budgets.a.model_calls', 'code'])
})

test('all problems of budgets in the file and in code are reported at once', () => {
  const file = 'budgets:\n  a: { usd: 0, dollars: 2 }\n  b: cheap'
  const code = { budgets: { c: { tokens: 1.5, seconds: -1 } } as never }
  expect(problemsOf({ env: {}, file: 'a.yaml', readFile: () => file, code })).toEqual([
    'budgets.a.usd must be US dollars from above 0 to 1000000, got 0 (a.yaml:2)',
    'budgets.a.dollars is not a setting; the settings are usd, tokens, model_calls, tool_calls, seconds (a.yaml:2)',
    'budgets.b must be a mapping with usd, tokens, model_calls, tool_calls, seconds, got "cheap" (a.yaml:3)',
    'budgets.c.tokens must be a whole number from 1 to 1000000000, got 1.5',
    'budgets.c.seconds must be a number of seconds above 0, at most 2147483, got -1',
  ])
})
