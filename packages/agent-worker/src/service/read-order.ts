import { shownValue } from '@swarmwatch/config'
import { z } from 'zod'

import { agentNames } from '../agents/reference-agents.ts'
import { backlogItems, findItem } from '../backlog/backlog-items.ts'
import { orderableFaults } from './ordered-faults.ts'
import type { TaskOrder } from './task.ts'

/** An order, or every reason why it is none. */
export type ReadOrder =
  | { readonly ok: true; readonly order: TaskOrder }
  | { readonly ok: false; readonly problems: readonly string[] }

/** What {@link readOrder} must know. */
export interface OrderRules {
  /** Name of the real model; undefined for the scripted one, which alone can fail on purpose. */
  readonly realModel: string | undefined
}

const titleRule = 'must be one line of 1 to 200 characters'

const order = z.strictObject(
  {
    agent: wordOf('agent', agentNames),
    item: wordOf(
      'item',
      backlogItems.map(({ id }) => id),
    ).optional(),
    // Any sign but control characters, line ends among them
    title: z
      .string(rule('title', titleRule))
      .trim()
      .regex(/^\P{Cc}{1,200}$/u, rule('title', titleRule))
      .optional(),
    fault: wordOf('fault', orderableFaults).optional(),
  },
  {
    error: ({ code, keys, input }) =>
      code === 'unrecognized_keys'
        ? `there is no ${keys.map((key: string) => shownValue(key)).join(', ')}; there are agent, item, title, fault`
        : `the body must be a JSON object, got ${shown(input)}`,
  },
)

/** Checks what was sent: `agent`, and if wanted `item` (@default the first of the backlog), `title` (@default the item's) and `fault`. */
export function readOrder(body: unknown, { realModel }: OrderRules): ReadOrder {
  const parsed = order.safeParse(body)
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(({ message }) => message) }
  const { agent, item: id = '', title, fault } = parsed.data
  if (fault !== undefined && realModel !== undefined) {
    const reason = `fault works with the scripted model only, and this worker asks ${realModel}; unset OPENAI_API_KEY to rehearse`
    return { ok: false, problems: [reason] }
  }
  const item = findItem(id) ?? backlogItems[0]!
  return { ok: true, order: { agent, item, title: title ?? item.title, fault } }
}

function wordOf<Word extends string>(key: string, words: readonly Word[]): z.ZodEnum<{ [Key in Word]: Key }> {
  return z.enum(words, rule(key, `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`))
}

function rule(key: string, text: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => `${key} ${text}, got ${shown(input)}` }
}

const shown = (value: unknown): string => shownValue(value) ?? (value === null ? 'null' : 'nothing')
