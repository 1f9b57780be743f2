import { type Problem, shownPath, shownValue } from '../problem.ts'
import { checkShape, fileKeyOf, type MapShape, type ShapeProblem, type ValueShape } from '../shape.ts'
import { positive, wholeNumber } from '../value-rule.ts'
import type { Origin, Sources } from './setting.ts'

/** Limits of one run of an agent. A run that exceeds one is ended as `budget_exceeded`. Limits that are not set do not exist. */
export interface AgentBudget {
  /** US dollars. */
  readonly usd?: number | undefined
  /** Input and output tokens together. */
  readonly tokens?: number | undefined
  /** File: `model_calls`. */
  readonly modelCalls?: number | undefined
  /** File: `tool_calls`. */
  readonly toolCalls?: number | undefined
  /** Seconds, waits between attempts included. */
  readonly seconds?: number | undefined
}

/** Budgets by the name of the agent. An object without prototype. @default {} */
export type BudgetSettings = Readonly<Record<string, AgentBudget>>

const mostCalls = 1_000_000
const limit = (about: string, rule: ValueShape['rule']): ValueShape => ({ kind: 'value', rule, about })

/** `budgets` in the file and in code. */
export const agentBudgets: MapShape = {
  kind: 'map',
  values: {
    kind: 'section',
    keys: {
      usd: limit('US dollars.', positive('must be US dollars from above 0 to 1000000', 1_000_000)),
      tokens: limit('Input and output tokens together.', wholeNumber(1, 1_000_000_000)),
      modelCalls: limit('Model calls.', wholeNumber(0, mostCalls)),
      toolCalls: limit('Tool calls.', wholeNumber(0, mostCalls)),
      seconds: limit(
        'Duration of the run, waits between attempts included.',
        positive('must be a number of seconds above 0, at most 2147483', 2_147_483),
      ),
    },
  },
  rule: 'must be a mapping from names of agents to budgets',
  about: 'Limits of one run of an agent, by its name. A run that exceeds one is ended as budget_exceeded.',
  default: {},
}

/** The budgets and the origin of each, by its path. */
export interface ResolvedBudgets {
  readonly values: BudgetSettings
  readonly origins: Readonly<Record<string, Origin>>
}

/** The budgets of code, and those of the file for every agent that code does not have. */
export function resolveBudgets(sources: Sources, code: unknown): ResolvedBudgets {
  const report = (finding: ShapeProblem): number => sources.problems.push(problemOf(finding))
  const inFile = validBudgets(sources.fromFile('budgets'))
  const inCode = validBudgets(checkShape(agentBudgets, code, { spelling: 'code', path: ['budgets'] }, report))
  const origins: Record<string, Origin> = {}
  // without prototype: an agent may be called "constructor"
  const values: Record<string, AgentBudget> = Object.assign(Object.create(null), inFile, inCode)
  for (const [name, budget] of Object.entries(values)) {
    const path = shownPath(['budgets', name])
    for (const key of Object.keys(budget)) {
      const isCode = Object.hasOwn(inCode, name)
      origins[`${path}.${key}`] = isCode ? 'code' : `file ${sources.fileName}:${path}.${fileKeyOf(key)}`
    }
  }
  return { values, origins }
}

function problemOf({ path, rule, value }: ShapeProblem): Problem {
  return { path: shownPath(path), rule, value: shownValue(value) }
}

/** Budgets after the check of their shape, without those that cannot be used. */
function validBudgets(budgets: unknown): Record<string, AgentBudget> {
  const entries = Object.entries((budgets ?? {}) as Readonly<Record<string, AgentBudget | undefined>>)
  return Object.fromEntries(entries.filter((entry): entry is [string, AgentBudget] => entry[1] !== undefined))
}
