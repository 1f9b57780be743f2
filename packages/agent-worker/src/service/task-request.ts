import { shownValue } from '@swarmwatch/config'
import { z } from 'zod'

import { type AgentName, agentNames, type BacklogItem, backlogItems, findItem } from '../swarm/index.ts'

/** Faults that a task can request. */
export const taskFaultNames = ['429', '500', 'reset', 'timeout'] as const
/** Fault that a task can request. */
export type TaskFault = (typeof taskFaultNames)[number]

/** Request to do a task. */
export interface TaskRequest {
  readonly agent: AgentName
  readonly item: BacklogItem
  /** Title of the task in the prompt. */
  readonly title: string
  /** Makes every model call of the task fail in this way. */
  readonly fault?: TaskFault | undefined
  /** Tasks with a higher number start first: -10 to 10. @default 0 */
  readonly priority?: number | undefined
}

/** A valid task request, or every reason why it is invalid. */
export type TaskRequestResult =
  | { readonly ok: true; readonly request: TaskRequest }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Options for {@link readTaskRequest}. */
export interface TaskRequestOptions {
  /** Name of the real model; undefined for the scripted model, the only one that can fail on request. */
  readonly realModel: string | undefined
}

const priorityRule = 'must be a whole number from -10 to 10'
const titleRule = 'must be one line of 1 to 200 characters'

const taskRequest = z.strictObject(
  {
    agent: wordOf('agent', agentNames),
    item: wordOf(
      'item',
      backlogItems.map(({ id }) => id),
    ).optional(),
    // Any character except control characters, which include line ends, and halves of characters, which PostgreSQL refuses
    title: z
      .string(rule('title', titleRule))
      .trim()
      .regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, rule('title', titleRule))
      .optional(),
    fault: wordOf('fault', taskFaultNames).optional(),
    priority: z
      .int(rule('priority', priorityRule))
      .min(-10, rule('priority', priorityRule))
      .max(10, rule('priority', priorityRule))
      .optional(),
  },
  {
    error: ({ code, keys, input }) =>
      code === 'unrecognized_keys'
        ? `unknown property ${keys.map((key: string) => shownValue(key)).join(', ')}; allowed are agent, item, title, fault and priority`
        : `the body must be a JSON object, got ${shown(input)}`,
  },
)

/** Checks a request body: `agent` and optionally `item` (@default the first of the backlog), `title` (@default the item's title), `fault` and `priority`. */
export function readTaskRequest(body: unknown, { realModel }: TaskRequestOptions): TaskRequestResult {
  const parsed = taskRequest.safeParse(body)
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(({ message }) => message) }
  const { agent, item: id = '', title, fault, priority } = parsed.data
  if (fault !== undefined && realModel !== undefined) {
    const reason = `fault works only with the scripted model, and this worker uses ${realModel}; unset OPENAI_API_KEY to rehearse`
    return { ok: false, problems: [reason] }
  }
  const item = findItem(id) ?? backlogItems[0]!
  return { ok: true, request: { agent, item, title: title ?? item.title, fault, priority } }
}

function wordOf<Word extends string>(key: string, words: readonly Word[]): z.ZodEnum<{ [Key in Word]: Key }> {
  return z.enum(words, rule(key, `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`))
}

function rule(key: string, text: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => `${key} ${text}, got ${shown(input)}` }
}

const shown = (value: unknown): string => shownValue(value) ?? (value === null ? 'null' : 'nothing')
