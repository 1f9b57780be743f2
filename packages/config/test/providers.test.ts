import { expect, test } from 'vitest'

import { loadConfiguration, type ProviderSettings } from '../src/index.ts'
import { problemsOf } from './problems-of.ts'

const load = (file: string, providers?: ProviderSettings) =>
  loadConfiguration({ env: {}, file: 'a.yaml', readFile: () => file, code: { providers } })

test('providers of servers are read from the file by host, and those of code override them', () => {
  const file = 'providers:\n  gateway.internal: openai\n  localhost:4000: anthropic\n  "[::1]:80": groq'
  const { providers, origins } = load(file, { 'localhost:4000': 'gcp.gemini' })
  expect({ ...providers }).toEqual({ 'gateway.internal': 'openai', 'localhost:4000': 'gcp.gemini', '[::1]:80': 'groq' })
  expect([origins['providers["gateway.internal"]'], origins['providers["localhost:4000"]']]).toEqual([
    'file a.yaml:providers["gateway.internal"]',
    'code',
  ])
})

test('all problems of providers in the file and in code are reported at once', () => {
  const file = 'providers:\n  a: 1\n  https://gateway.internal/v1: openai\n  Gateway: openai'
  const code = { providers: { b: '', 'c/d': 'openai' } }
  const name = 'must be the name of a provider, such as openai'
  const host = 'must have a host or host:port in lower case as its key, without scheme and path'
  expect(problemsOf({ env: {}, file: 'a.yaml', readFile: () => file, code })).toEqual([
    `providers.a ${name}, got 1 (a.yaml:2)`,
    `providers["https://gateway.internal/***"] ${host}, got "https://gateway.internal/***" (a.yaml:3)`,
    `providers.Gateway ${host}, got "Gateway" (a.yaml:4)`,
    `providers.b ${name}, got ""`,
    `providers["c/d"] ${host}, got "c/d"`,
  ])
})

test('providers that are no mapping are one problem', () => {
  const rule = 'providers must be a mapping from hosts to names of providers, got a list (a.yaml:1)'
  expect(problemsOf({ env: {}, file: 'a.yaml', readFile: () => 'providers: [openai]' })).toEqual([rule])
})
