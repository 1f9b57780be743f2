import { diag, DiagLogLevel } from '@opentelemetry/api'
import { isolationCases, runIsolationCase, startTestTelemetry, type IsolationCase } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { currentExecution, currentTool, getActiveExecutions, type InstrumentAgentOptions, instrumentTool } from '../src/index.ts'
import { wrapAgent } from '../src/instrument-agent.ts'
import { metric } from '../src/names.ts'
import { reportedPlaces } from '../src/telemetry/guard.ts'
import { hostileOptions } from './hostile-options.ts'
import { ourAdapter, type OurAdapter } from './our-adapter.ts'

let lines: string[]
beforeEach(() => {
  lines = []
  const keep = (line: string): void => void lines.push(line)
  diag.setLogger({ error: keep, warn: keep, info() {}, debug() {}, verbose() {} }, { logLevel: DiagLogLevel.ERROR })
  reportedPlaces.clear()
})
afterEach(() => diag.disable())

const ownLines = (): string[] => lines.filter((line) => line.startsWith('swarmwatch'))
const trips = (ours: OurAdapter): string[] =>
  ours.recorded().flatMap(({ name, attributes }) => (name === metric.guardTrips.name ? String(attributes['where']) : []))
const executions = (ours: OurAdapter): number =>
  ours.recorded().reduce((sum, { name, value }) => sum + (name === metric.executions.name ? Number(value) : 0), 0)

/** Cases that only wait, call or return unusual values throw nothing that we could swallow; the SDK swallows errors of exporters. */
const quiet =
  /calls|never|ends each|an exporter|has no meter|cannot bind|returns a symbol|empties|changes|cycles|that is undefined$|frozen|10 MB|only await|iterable|^a promise/
/** Where an error is swallowed, by the case's surface. */
function placeOf({ name, surface, hook }: IsolationCase): string | undefined {
  const hookPlace = hook === 'logger' || hook === 'listener' ? hook : 'capture'
  const place = {
    none: undefined,
    span: 'span',
    metric: 'metric',
    context: 'span',
    hook: hookPlace,
    value: 'capture',
    error: undefined,
    http: undefined,
  }
  return surface === 'http' || quiet.test(name) || (hook === 'redactErrorMessage' && name.includes('returns'))
    ? undefined
    : place[surface]
}

describe('an agent behaves as it does without Swarmwatch', () => {
  test.for(isolationCases)('when $name', async (isolationCase) => {
    const { name, surface } = isolationCase
    const ours = ourAdapter()
    expect(await runIsolationCase(ours, name)).toEqual({ case: name, surface, verdict: 'passed', what: '' })
    expect(getActiveExecutions()).toEqual([])
    const place = placeOf(isolationCase)
    expect(ownLines().map((line) => line.split(' ')[1])).toEqual(place === undefined ? [] : [place])
    const labels = ours.recorded().flatMap(({ attributes }) => Object.values(attributes))
    expect(labels.filter((label) => String(label).length > 100)).toEqual([])
  })

  test.for(Object.entries(hostileOptions))('with %s', async ([, { options, clock, where }]) => {
    const ours = ourAdapter(options, clock)
    expect(await runIsolationCase(ours, 'telemetry that works')).toMatchObject({ verdict: 'passed', what: '' })
    expect(getActiveExecutions()).toEqual([])
    expect(trips(ours)).toEqual(where === undefined ? [] : [where])
    expect(executions(ours)).toBe(5)
  })
})

/** Everything that recovery offers, with limits that no case reaches. */
const everyOption: InstrumentAgentOptions<never, never> = {
  budget: { usd: 100, tokens: 1e9, modelCalls: 1e6, toolCalls: 1e6, seconds: 3600 },
  loop: { sameToolCall: 1e6 },
  failIf: [() => false, () => undefined],
  recovery: {
    maxRetries: 2,
    attemptTimeoutSeconds: 600,
    stallTimeoutSeconds: 600,
    provider: { breaker: { failureShare: 0.9, calls: 1000 }, retryBudget: 1, maxWaitSeconds: 600 },
  },
}

/** Uses what an agent can call. */
function useEverything(): void {
  const execution = currentExecution()!
  execution.progress('half')
  execution.pause('waits for a person')()
  execution.addScore('Relevance', 0.5, { explanation: 'half' })
  execution.addCost(0.01)
  const pay = instrumentTool(async (amount: number) => currentTool()!.idempotencyKey.length + amount, { name: 'pay', once: true })
  pay(5).catch(() => {})
}

describe('an agent with every option of recovery behaves as it does without Swarmwatch', () => {
  const cases = isolationCases.filter(({ surface }) => surface !== 'value' && surface !== 'http')
  test.for(cases)('when $name', async ({ name, surface }) => {
    const ours = ourAdapter(everyOption, undefined, useEverything)
    expect(await runIsolationCase(ours, name)).toEqual({ case: name, surface, verdict: 'passed', what: '' })
    expect(getActiveExecutions()).toEqual([])
  })
})

test('all swallowed errors are counted, but logged once for each place, without their message', async () => {
  const ours = ourAdapter(hostileOptions['a variant that throws']!.options)
  for (let times = 0; times < 2; times += 1) {
    expect(await runIsolationCase(ours, 'telemetry that works')).toMatchObject({ verdict: 'passed' })
    expect(ours.recorded().find(({ name }) => name === metric.guardTrips.name)).toMatchObject({ value: 5 })
  }
  expect(ownLines()).toEqual(['swarmwatch: option threw (Error); the agent continues; further errors are only counted'])
})

test('the agent may report any values as its consumption, its progress and its scores', async () => {
  await using telemetry = await startTestTelemetry()
  const unreadable = Proxy.revocable({}, {})
  unreadable.revoke()
  const withoutText = {
    toString(): string {
      throw new Error('broken')
    },
  }
  const values = [undefined, null, 'x', Number.NaN, -1, 10n, { input: 'many', model: 5 }, Object.freeze({ input: Infinity })]
  const nonsense: unknown[] = [...values, Symbol('x'), unreadable.proxy, withoutText, Object.create(null)]
  const agent = wrapAgent(
    async () => {
      const execution = currentExecution()!
      for (const amount of nonsense) {
        execution.addTokens(amount as never)
        execution.addCost(amount as never, amount as never)
        execution.setAttribute(amount as never, amount as never)
        execution.addScore(amount as never, amount as never, amount as never)
        execution.progress(amount as never)
        execution.pause(amount as never)()
      }
      return 'done'
    },
    'writer',
    { logger: false },
  )
  expect(await agent()).toBe('done')
  expect(await telemetry.points('agent.tokens')).toEqual([])
  expect(await telemetry.points('agent.cost.usd')).toEqual([])
})
