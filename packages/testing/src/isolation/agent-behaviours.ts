import type { IsolationAdapter, PlainAgent } from './isolation-case.ts'

/** Input of a run of the wrapped agent, which must come back unchanged. */
export interface Given {
  readonly task: unknown
  readonly value: unknown
  readonly error: unknown
  /** Converts the value to what the agent returns. */
  readonly returned: (value: unknown) => unknown
}

/** A behaviour of an agent, and how often a library may call the agent. */
export interface Behaviour {
  readonly name: string
  isAskedOf(adapter: IsolationAdapter): boolean
  agent(given: Given, began: (task: unknown) => number): PlainAgent
  calls(retries: number): number
  /** Returns what is wrong with the outcome, or undefined. */
  fault(wrapped: () => unknown, given: Given): Promise<string | undefined>
}

const firstChunk = { chunk: 1 }

/** The agents of each case. An agent that fails, fails each time it is called. */
export const behaviours: readonly Behaviour[] = [
  {
    name: 'returns',
    isAskedOf: () => true,
    agent: ({ value, returned }, began) =>
      function returns(task) {
        began(task)
        return returned(value)
      },
    calls: () => 1,
    fault: expectValue,
  },
  {
    name: 'rejects',
    isAskedOf: () => true,
    agent: ({ error }, began) =>
      async function rejects(task) {
        began(task)
        throw error
      },
    calls: (retries) => 1 + retries,
    fault: expectError,
  },
  {
    name: 'throws',
    isAskedOf: () => true,
    agent: ({ error }, began) =>
      function throws(task) {
        began(task)
        throw error
      },
    calls: (retries) => 1 + retries,
    fault: expectError,
  },
  {
    name: 'recovers',
    isAskedOf: ({ retries = 0 }) => retries > 0,
    agent: ({ value, error }, began) =>
      async function recovers(task) {
        if (began(task) === 1) throw error
        return value
      },
    calls: () => 2,
    fault: expectValue,
  },
  {
    name: 'streams',
    isAskedOf: ({ streams = true }) => streams,
    agent: ({ value }, began) =>
      async function* streams(task) {
        began(task)
        yield firstChunk
        yield value
      },
    calls: () => 1,
    fault: expectChunks,
  },
]

async function expectValue(wrapped: () => unknown, { value }: Given): Promise<string | undefined> {
  try {
    const came: unknown = await wrapped()
    return Object.is(came, value) ? undefined : `${describe(came)} was returned instead of its value`
  } catch (error) {
    return `threw ${describe(error)} instead of its value`
  }
}

async function expectError(wrapped: () => unknown, { error }: Given): Promise<string | undefined> {
  try {
    return `${describe(await wrapped())} was returned instead of its error`
  } catch (thrown) {
    return Object.is(thrown, error) ? undefined : `threw ${describe(thrown)} instead of its error`
  }
}

async function expectChunks(wrapped: () => unknown, { value }: Given): Promise<string | undefined> {
  const chunks: unknown[] = []
  try {
    for await (const chunk of (await wrapped()) as AsyncIterable<unknown>) chunks.push(chunk)
  } catch (error) {
    return `threw ${describe(error)} after ${chunks.length} chunks`
  }
  const same = chunks.length === 2 && Object.is(chunks[0], firstChunk) && Object.is(chunks[1], value)
  return same ? undefined : `${chunks.length} chunks were returned instead of two`
}

/** Describes any value in a few words, also one whose properties throw. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (!isError(value)) return `a value of type ${typeof value}`
  try {
    const { name, message } = value as { name: unknown; message: unknown }
    if (typeof name === 'string' && typeof message === 'string') return `${name}: ${message}`.slice(0, 200)
  } catch {
    // A getter of the case
  }
  return 'an error'
}

function isError(value: unknown): boolean {
  try {
    return value instanceof Error
  } catch {
    // A proxy of the case
    return false
  }
}
