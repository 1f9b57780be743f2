import { trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'

import { isolationCases, runIsolationCase, runIsolationSuite } from '../src/index.ts'

const fragile = new URL('fragile-adapter.mjs', import.meta.url)

test('a failed case of a library reports the actual result for each agent', async () => {
  const [result] = await runIsolationSuite(fragile, { cases: ['a span processor throws in onStart'] })
  expect(result).toEqual({
    case: 'a span processor throws in onStart',
    surface: 'span',
    verdict: 'failed',
    what:
      'returns: threw Error: telemetry is broken instead of its value; rejects: threw Error: telemetry is broken instead of its ' +
      'error; throws: threw Error: telemetry is broken instead of its error',
  })
})

test('each case of a module runs in its own process: a process that exits or hangs fails only its case, and results keep their order', async () => {
  const cases = [
    'telemetry that works',
    'the agent throws undefined',
    'the agent throws null',
    'the agent throws a symbol',
    'a listener throws',
    'a logger throws',
  ]
  const results = await runIsolationSuite(fragile, { cases, timeoutMs: 2000 })
  expect(results.map((result) => [result.case, result.verdict, result.what])).toEqual([
    ['telemetry that works', 'passed', ''],
    ['the agent throws undefined', 'failed', 'the process ended: it exited with 7 (no undefined here)'],
    ['the agent throws null', 'failed', 'the process ended: it hung'],
    ['the agent throws a symbol', 'failed', 'rejects: did not settle within 2000 ms; throws: did not settle within 2000 ms'],
    ['a listener throws', 'failed', 'unhandled: Error: too late; unhandled: Error: too late; unhandled: Error: too late'],
    ['a logger throws', 'skipped', ''],
  ])
})

test('a library that calls an agent twice, or with other arguments, fails with working telemetry', async () => {
  const twice = {
    name: 'twice',
    streams: false,
    wrap: (agent: (task: unknown) => unknown) => (task: unknown) => [agent(task), agent(task)][1],
  }
  const other = { name: 'other', wrap: (agent: (task: unknown) => unknown) => () => agent('mine') }
  const [first] = await runIsolationSuite(twice, { cases: ['telemetry that works'] })
  expect(first?.what).toContain('returns: called 2 times instead of 1')
  expect(await runIsolationCase(other, 'telemetry that works')).toMatchObject({
    what:
      'returns: got other arguments; rejects: got other arguments; throws: got other arguments; streams: got other arguments; ' +
      'neither a span nor a metric was recorded',
  })
})

test('a library that records nothing fails with working telemetry', async () => {
  const nothing = { name: 'nothing', wrap: (agent: (task: unknown) => unknown) => agent }
  expect(await runIsolationCase(nothing, 'telemetry that works')).toMatchObject({
    verdict: 'failed',
    what: 'neither a span nor a metric was recorded',
  })
  expect(await runIsolationCase(nothing, 'the agent throws null')).toMatchObject({ verdict: 'passed' })
})

test('a library that keeps a tracer from before meets the provider of the case', async () => {
  const tracer = trace.getTracer('kept')
  const keeping = {
    name: 'keeping',
    streams: false,
    wrap: (agent: (task: unknown) => unknown) => (task: unknown) => tracer.startActiveSpan('run', () => agent(task)),
  }
  expect(await runIsolationCase(keeping, 'a tracer throws')).toMatchObject({ verdict: 'failed' })
})

test('processes get the given environment in addition to that of this process', async () => {
  const results = await runIsolationSuite(fragile, {
    cases: ['a redactor of the result throws'],
    env: { FRAGILE_HOOKS: 'redactOutput' },
  })
  expect(results).toMatchObject([{ verdict: 'passed' }])
})

test('a process that ends reports its exit code', async () => {
  const cases = ['telemetry that works']
  const throwing = new URL('data:text/javascript,throw new TypeError("no key is set")')
  expect(await runIsolationSuite(throwing, { cases })).toMatchObject([
    { verdict: 'failed', what: 'the process ended: it exited with 1 (TypeError: no key is set)' },
  ])
  expect(await runIsolationSuite(new URL('data:text/javascript,export default 1'), { cases })).toMatchObject([
    {
      verdict: 'failed',
      what: 'the process ended: it exited with 1 (TypeError: an isolation adapter must be an object with a function "wrap")',
    },
  ])
})

test('a case that does not exist, and what is no adapter, are refused', async () => {
  const adapter = { name: 'x', wrap: (agent: (task: unknown) => unknown) => agent }
  const refusal = 'there is no isolation case "no such case"; isolationCases has their names'
  await expect(runIsolationCase(adapter, 'no such case')).rejects.toThrow(refusal)
  await expect(runIsolationSuite(adapter, { cases: ['no such case'] })).rejects.toThrow(refusal)
  await expect(runIsolationSuite(fragile, { cases: ['no such case'] })).rejects.toThrow(refusal)
  await expect(runIsolationSuite('./adapter.mjs' as never, { cases: ['telemetry that works'] })).rejects.toThrow(
    'an isolation adapter must be an object with a function "wrap"',
  )
})

test('cases have names of their own', () => {
  expect(new Set(isolationCases.map(({ name }) => name)).size).toBe(isolationCases.length)
})
