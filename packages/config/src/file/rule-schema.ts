import { z } from 'zod'

import { severities } from '../alerts/alert-channel.ts'
import { oneOf, seconds } from '../value-rule.ts'
import type { FileRule } from './file-settings.ts'
import { section } from './section.ts'

const share = number('must be a share above 0, at most 1 (0.5 is 50 %)', 1)
const score = number('must be a score above 0, at most 100', 100)

const rest = {
  severity: oneOf(severities).schema.optional().meta({ description: 'That of the default rule of this name, unless given.' }),
  for: seconds.schema
    .optional()
    .meta({ description: 'It must have held so many seconds; that of the default rule of this name, unless given.' }),
}

const rule: z.ZodType<FileRule> = z.discriminatedUnion(
  'name',
  [
    section({
      name: z.enum(['high_error_rate', 'elevated_error_rate']),
      threshold: share.meta({ description: 'Share of failed executions, over all agents; 0.5 is 50 %.' }),
      ...rest,
    }),
    section({
      name: z.literal('slow_response'),
      threshold: seconds.schema.meta({ description: 'Seconds; the 95th percentile of the duration of executions.' }),
      ...rest,
    }),
    section({ name: z.literal('low_health'), threshold: score.meta({ description: 'Health score, from 0 to 100.' }), ...rest }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union'
        ? 'must be high_error_rate, elevated_error_rate, slow_response or low_health'
        : 'must be a mapping with name and threshold',
  },
)

/** `alerts.rules`. */
export const rulesSchema: z.ZodType<readonly FileRule[]> = z.array(rule, 'must be a list of rules')

function number(words: string, most: number): z.ZodType<number> {
  return z.number(words).positive(words).max(most, words)
}
