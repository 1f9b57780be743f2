import type { MapShape } from '../shape.ts'
import { text, wholeNumber } from '../value-rule.ts'

/** Limit for a run that repeats a tool call with equal arguments. */
export interface AgentLoop {
  /** Calls of a tool with equal arguments in an attempt; the next one ends the run as `loop`. File: `same_tool_call`. */
  readonly sameToolCall: number
  /** Names of tools that may be called again and again. @default none */
  readonly except?: readonly string[] | undefined
}

/** Limits by the name of the agent. An object without prototype. @default {} */
export type LoopSettings = Readonly<Record<string, AgentLoop>>

const toolName = text('must be the name of a tool, up to 200 characters', (name) => name.length > 0 && name.length <= 200)

/** `loops` in the file and in code. */
export const agentLoops: MapShape = {
  kind: 'map',
  values: {
    kind: 'section',
    keys: {
      sameToolCall: {
        kind: 'value',
        rule: wholeNumber(1, 1_000_000),
        about: 'Calls of a tool with equal arguments in an attempt; the next one ends the run.',
        isRequired: true,
      },
      except: {
        kind: 'list',
        items: { kind: 'value', rule: toolName },
        rule: 'must be a list of names of tools',
        about: 'Tools that may be called again and again, such as one that polls a status.',
      },
    },
  },
  rule: 'must be a mapping from names of agents to loop limits',
  about: 'Limits for repeated tool calls of an agent, by its name. A run that exceeds one is ended as loop.',
  default: {},
}
