import type { MapShape, ValueShape } from '../shape.ts'
import { oneOf, positive, wholeNumber } from '../value-rule.ts'

/** Limits of one run of an agent. A run that exceeds one is ended as `budget_exceeded`. Limits that are not set do not exist. */
export interface AgentBudget {
  /** US dollars. @default none */
  readonly usd?: number | undefined
  /** Input and output tokens together. @default none */
  readonly tokens?: number | undefined
  /** File: `model_calls`. @default none */
  readonly modelCalls?: number | undefined
  /** File: `tool_calls`. @default none */
  readonly toolCalls?: number | undefined
  /** Seconds, waits between attempts included. @default none */
  readonly seconds?: number | undefined
  /** Limits of all runs of the agent in a process in a day (UTC). @default none */
  readonly daily?: DailyAgentBudget | undefined
}

/** Limits of all runs of an agent in a process in a day, which begins at midnight UTC. */
export interface DailyAgentBudget {
  /** US dollars. @default none */
  readonly usd?: number | undefined
  /** Input and output tokens together. @default none */
  readonly tokens?: number | undefined
  /** File: `model_calls`. @default none */
  readonly modelCalls?: number | undefined
  /** File: `tool_calls`. @default none */
  readonly toolCalls?: number | undefined
  /**
   * Effect of a limit that is used up, until midnight: `refuse` rejects new runs, `stop` also ends active ones, `warn` only logs a line.
   * File: `when_exceeded`. @default 'refuse'
   */
  readonly whenExceeded?: 'refuse' | 'stop' | 'warn' | undefined
}

/** Budgets by the name of the agent. An object without prototype. @default {} */
export type BudgetSettings = Readonly<Record<string, AgentBudget>>

const mostCalls = 1_000_000
const limit = (about: string, rule: ValueShape['rule']): ValueShape => ({ kind: 'value', rule, about })

const amounts = {
  usd: limit('US dollars.', positive('must be US dollars from above 0 to 1000000', 1_000_000)),
  tokens: limit('Input and output tokens together.', wholeNumber(1, 1_000_000_000)),
}

/** `budgets` in the file and in code. */
export const agentBudgets: MapShape = {
  kind: 'map',
  values: {
    kind: 'section',
    keys: {
      ...amounts,
      modelCalls: limit('Model calls.', wholeNumber(0, mostCalls)),
      toolCalls: limit('Tool calls.', wholeNumber(0, mostCalls)),
      seconds: limit(
        'Duration of the run, waits between attempts included.',
        positive('must be a number of seconds above 0, at most 2147483', 2_147_483),
      ),
      daily: {
        kind: 'section',
        about: 'Limits of all runs of the agent in a process in a day, from midnight UTC.',
        keys: {
          ...amounts,
          modelCalls: limit('Model calls.', wholeNumber(1, mostCalls)),
          toolCalls: limit('Tool calls.', wholeNumber(1, mostCalls)),
          whenExceeded: {
            kind: 'value',
            rule: oneOf(['refuse', 'stop', 'warn']),
            about: 'refuse rejects new runs until midnight, stop also ends active ones, warn only logs a line.',
            default: 'refuse',
          },
        },
      },
    },
  },
  rule: 'must be a mapping from names of agents to budgets',
  about:
    'Limits of one run of an agent, and of all its runs in a day, by its name. A run that exceeds one is ended as budget_exceeded.',
  default: {},
}
