import { setImmediate as soon } from 'node:timers/promises'

import { diag, DiagLogLevel } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { currentExecution, getActiveExecutions, instrumentTool, onExecution, type InstrumentAgentOptions } from '../src/index.ts'
import { wrapAgent } from '../src/instrument-agent.ts'
import { processWide } from '../src/process-wide.ts'
import { realWorld } from '../src/world.ts'
import { hostileErrors, hostilities, type Hostility } from './hostile-agents.ts'
import { boom, brokenTelemetry } from './hostile-telemetry.ts'
import { InMemoryTelemetry } from './in-memory-telemetry.ts'

// A rejection that nobody handles fails the whole test run by itself

let said: string[]
let telemetry: InMemoryTelemetry
beforeEach(() => {
  said = []
  const keep = (line: string): void => void said.push(line)
  diag.setLogger({ error: keep, warn: keep, info() {}, debug() {}, verbose() {} }, { logLevel: DiagLogLevel.ERROR })
  processWide.saidTrips.clear()
})
afterEach(() => {
  telemetry.unregister()
  processWide.listeners.clear()
  diag.disable()
})

interface Happened {
  readonly calls: number
  readonly came: unknown
}
type Scenario = (hostility: Hostility, error: unknown) => Promise<Happened>

/** Wraps an agent that fails `failures` times, with a tool inside, and calls it until it settles. */
async function run(
  failures: number,
  { options, argument, result, world, listener }: Hostility,
  error: unknown,
): Promise<Happened> {
  if (listener) onExecution(listener)
  const value = result ?? { answer: 42 }
  let calls = 0
  const tool = instrumentTool((found: object) => found, { name: 'lookup', captureInput: true })
  const agent = wrapAgent(
    async (_task: unknown) => {
      calls += 1
      currentExecution()?.addTokens({ input: 10, output: 5, model: 'm-1' })
      if (calls <= failures) throw error
      return tool(value)
    },
    'writer',
    { recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false, ...options } as InstrumentAgentOptions<[unknown], object>,
    world ?? realWorld,
  )
  const came = await agent(argument).then(
    (given) => (given === value ? 'its value' : { given }),
    (thrown: unknown) => (Object.is(thrown, error) ? 'its error' : { thrown }),
  )
  await soon()
  return { calls, came }
}

const scenarios: Record<string, { act: Scenario; expected: Happened }> = {
  succeeds: { act: (hostility, error) => run(0, hostility, error), expected: { calls: 1, came: 'its value' } },
  recovers: { act: (hostility, error) => run(2, hostility, error), expected: { calls: 3, came: 'its value' } },
  fails: { act: (hostility, error) => run(9, hostility, error), expected: { calls: 3, came: 'its error' } },
  streams: {
    async act({ options, argument, world, listener }) {
      if (listener) onExecution(listener)
      let calls = 0
      const agent = wrapAgent(
        async function* (_task: unknown) {
          calls += 1
          yield 'a'
          yield 'b'
        },
        'writer',
        { logger: false, ...options } as InstrumentAgentOptions<[unknown], AsyncGenerator<string>>,
        world ?? realWorld,
      )
      const chunks: string[] = []
      for await (const chunk of agent(argument)) chunks.push(chunk)
      await soon()
      return { calls, came: chunks }
    },
    expected: { calls: 1, came: ['a', 'b'] },
  },
}

const trips = async (): Promise<string[]> =>
  (await telemetry.points('swarmwatch.guard.trips')).map(({ attributes }) => String(attributes['where']))
const saidOurs = (): string[] => said.filter((line) => line.startsWith('swarmwatch'))

function table<T>(rows: Record<string, T>): [name: string, scenario: string, row: T][] {
  return Object.entries(rows).flatMap(([name, row]) => Object.keys(scenarios).map((scenario) => [name, scenario, row] as never))
}

const plain = new Error('broken agent')

describe('an agent goes on as without us', () => {
  test.for(table(brokenTelemetry))('with %s, when it %s', async ([, scenario, { register, where }]) => {
    telemetry = register()
    const { act, expected } = scenarios[scenario]!
    expect(await act({}, plain)).toEqual(expected)
    expect(getActiveExecutions()).toEqual([])
    if (where === undefined) return
    expect(await trips()).toContain(where)
    expect(saidOurs().filter((line) => line.includes(` ${where} threw`))).toHaveLength(1)
  })

  test.for(table(hostilities))('with %s, when it %s', async ([, scenario, hostility]) => {
    telemetry = new InMemoryTelemetry()
    const { act, expected } = scenarios[scenario]!
    expect(await act(hostility, plain)).toEqual(expected)
    expect(getActiveExecutions()).toEqual([])
    const { where, onlyIn = Object.keys(scenarios) } = hostility
    if (where === undefined) expect(await trips()).toEqual([])
    else if (onlyIn.includes(scenario)) {
      expect(await trips()).toEqual([where])
      expect(saidOurs()).toHaveLength(1)
    }
    const finished = (await telemetry.points('agent.executions')).reduce((sum, { value }) => sum + Number(value), 0)
    expect(finished).toBe(1)
  })

  const throwing = Object.entries(hostileErrors).flatMap(([name, error]) =>
    ['recovers', 'fails'].map((scenario) => [name, scenario, { error }] as const),
  )
  test.for(throwing)('when what is thrown is %s, and it %s', async ([, scenario, { error }]) => {
    telemetry = new InMemoryTelemetry()
    const { act, expected } = scenarios[scenario]!
    expect(await act({ options: { logger: { warn() {}, error() {} } } }, error)).toEqual(expected)
    expect(await trips()).toEqual([])
    for (const { attributes } of await telemetry.points()) {
      for (const label of Object.values(attributes)) expect(String(label).length).toBeLessThanOrEqual(100)
    }
  })
})

test('errors that are swallowed are all counted, but said once a place, without their message', async () => {
  telemetry = new InMemoryTelemetry()
  for (let runs = 0; runs < 5; runs += 1) await scenarios['succeeds']!.act({ options: { variant: boom } }, plain)
  const [point] = await telemetry.points('swarmwatch.guard.trips')
  expect(point).toMatchObject({ attributes: { where: 'option' }, value: 5 })
  expect(saidOurs()).toEqual(['swarmwatch: option threw (Error); the agent goes on, further ones are only counted'])
})

test('what the agent tells of its consumption may be anything', async () => {
  telemetry = new InMemoryTelemetry()
  const nonsense = [undefined, null, 'x', Number.NaN, -1, 10n, { input: 'many', model: 5 }, Object.freeze({ input: Infinity })]
  const agent = wrapAgent(
    async () => {
      const execution = currentExecution()!
      for (const amount of nonsense) {
        execution.addTokens(amount as never)
        execution.addCost(amount as never, amount as never)
        execution.setAttribute(amount as never, amount as never)
      }
      return 'done'
    },
    'writer',
    { logger: false },
    realWorld,
  )
  expect(await agent()).toBe('done')
  expect(await telemetry.points('agent.tokens')).toEqual([])
  expect(await telemetry.points('agent.cost.usd')).toEqual([])
})
