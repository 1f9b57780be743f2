import { expect, test } from 'vitest'

import { loadConfiguration, type PriceSettings } from '../src/index.ts'
import { problemsOf } from './problems-of.ts'

const load = (file: string, prices?: PriceSettings) =>
  loadConfiguration({ env: {}, file: 'a.yaml', readFile: () => file, code: { prices } })

test('prices are read by the name of the model, with points and slashes in it', () => {
  const { prices, origins } = load(
    'prices:\n  gpt-4.1: { input: 2, output: 8, cache_read: 0.5 }\n  openai/gpt-4.1: { input: 0, output: 9.25, cache_write: 3 }',
  )
  expect({ ...prices }).toEqual({
    'gpt-4.1': { input: 2, output: 8, cacheRead: 0.5 },
    'openai/gpt-4.1': { input: 0, output: 9.25, cacheWrite: 3 },
  })
  expect(origins['prices["gpt-4.1"].cacheRead']).toBe('file a.yaml:prices["gpt-4.1"].cache_read')
})

test('a price in code replaces the whole price of this model in the file', () => {
  const { prices, origins } = load('prices: { a: { input: 1, output: 2, cache_read: 3 }, b: { input: 4, output: 5 } }', {
    a: { input: 6, output: 7 },
  })
  expect({ ...prices }).toEqual({ a: { input: 6, output: 7 }, b: { input: 4, output: 5 } })
  expect([origins['prices.a.input'], origins['prices.b.input']]).toEqual(['code', 'file a.yaml:prices.b.input'])
})

test('a model may have the name of a property of every object', () => {
  const { prices } = load('prices: { constructor: { input: 1, output: 2 } }')
  expect([prices['constructor'], prices['toString']]).toEqual([{ input: 1, output: 2 }, undefined])
})

test('all problems of prices in the file and in code are reported at once', () => {
  const file = 'prices:\n  a: { input: -1, cache_reads: 2 }\n  b: cheap\n  c: { input: 1, output: "2" }'
  const code = { prices: { d: { input: Number.NaN, output: 1 }, e: { output: 1 } } as never }
  expect(problemsOf({ env: {}, file: 'a.yaml', readFile: () => file, code })).toEqual([
    'prices.a.input must be US dollars per million tokens, 0 or more, got -1 (a.yaml:2)',
    'prices.a.output is missing; it must be US dollars per million tokens, 0 or more (a.yaml:2)',
    'prices.a.cache_reads is not a setting; the settings are input, output, cache_read, cache_write (a.yaml:2)',
    'prices.b must be a mapping with input, output, cache_read, cache_write, got "cheap" (a.yaml:3)',
    'prices.c.output must be US dollars per million tokens, 0 or more, got "2" (a.yaml:4)',
    'prices.d.input must be US dollars per million tokens, 0 or more, got NaN',
    'prices.e.input is missing; it must be US dollars per million tokens, 0 or more',
  ])
})

test.for([' ', 'ON', 'wire,', 'wire;mcp', 'openai', 'true', 'off,wire'])('frameworks must not be %j', (text) => {
  const problem = `SWARMWATCH_FRAMEWORKS must be on, off, or a list of wire, ai-sdk, openai-agents, langchain, mcp separated by commas, got ${JSON.stringify(text)}`
  expect(problemsOf({ env: { SWARMWATCH_FRAMEWORKS: text }, file: false })).toEqual([problem])
})

test.for(['on', 'off', 'wire', 'wire,mcp', 'wire, ai-sdk'])('frameworks may be %j in the file and in a variable', (text) => {
  const inFile = load(`monitoring: { frameworks: "${text}" }`)
  const inVariable = loadConfiguration({ env: { SWARMWATCH_FRAMEWORKS: text }, file: false })
  expect([inFile.telemetry.frameworks, inVariable.telemetry.frameworks]).toEqual([text, text])
})
