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
    'budgets.a.dollars is not a setting; the settings are usd, tokens, model_calls, tool_calls, seconds, daily (a.yaml:2)',
    'budgets.b must be a mapping with usd, tokens, model_calls, tool_calls, seconds, daily, got "cheap" (a.yaml:3)',
    'budgets.c.tokens must be a whole number from 1 to 1000000000, got 1.5',
    'budgets.c.seconds must be a number of seconds above 0, at most 2147483, got -1',
  ])
})

test('a daily budget has limits and an effect, and the origin of each', () => {
  const { budgets, origins } = load('budgets:\n  a: { daily: { usd: 50, model_calls: 9, when_exceeded: stop } }')
  expect(budgets['a']).toEqual({ daily: { usd: 50, modelCalls: 9, whenExceeded: 'stop' } })
  expect(origins['budgets.a.daily.whenExceeded']).toBe('file a.yaml:budgets.a.daily.when_exceeded')
})

test('all problems of daily budgets, loops and objectives are reported at once', () => {
  const file = [
    'budgets:\n  a: { daily: { usd: -1, seconds: 5, when_exceeded: never } }',
    'loops:\n  a: { except: poll }\n  b: { same_tool_call: 0 }',
    'quality:\n  a: 0.8\n  b: { faithfulness: 0, style: good }',
  ].join('\n')
  expect(problemsOf({ env: {}, file: 'a.yaml', readFile: () => file })).toEqual([
    'budgets.a.daily.usd must be US dollars from above 0 to 1000000, got -1 (a.yaml:2)',
    'budgets.a.daily.when_exceeded must be refuse, stop or warn, got "never" (a.yaml:2)',
    'budgets.a.daily.seconds is not a setting; the settings are usd, tokens, model_calls, tool_calls, when_exceeded (a.yaml:2)',
    'loops.a.same_tool_call is missing; it must be a whole number from 1 to 1000000 (a.yaml:4)',
    'loops.a.except must be a list of names of tools, got "poll" (a.yaml:4)',
    'loops.b.same_tool_call must be a whole number from 1 to 1000000, got 0 (a.yaml:5)',
    'quality.a must be a mapping from names of evaluations to scores, got 0.8 (a.yaml:7)',
    'quality.b.faithfulness must be a score from above 0 to 1000000, got 0 (a.yaml:8)',
    'quality.b.style must be a score from above 0 to 1000000, got "good" (a.yaml:8)',
  ])
})

test('loops and objectives are read by the name of the agent; those in code replace those of the file', () => {
  const file =
    'loops:\n  a: { same_tool_call: 5, except: [poll_status] }\n  b: { same_tool_call: 5 }\nquality:\n  a: { Answer_Quality: 0.8 }'
  const code = { loops: { b: { sameToolCall: 9 } } }
  const { loops, quality, origins } = loadConfiguration({ env: {}, file: 'a.yaml', readFile: () => file, code })
  expect({ ...loops }).toEqual({ a: { sameToolCall: 5, except: ['poll_status'] }, b: { sameToolCall: 9 } })
  expect({ ...quality }).toEqual({ a: { Answer_Quality: 0.8 } })
  expect([origins['loops.a.except'], origins['loops.b.sameToolCall'], origins['quality.a.Answer_Quality']]).toEqual([
    'file a.yaml:loops.a.except',
    'code',
    'file a.yaml:quality.a.Answer_Quality',
  ])
})
