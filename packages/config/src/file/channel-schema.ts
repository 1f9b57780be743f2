import { z } from 'zod'

import type { FileChannel } from './file-settings.ts'
import { section } from './section.ts'
import { mailAddresses, oneOf, onOff, secretUrl } from '../value-rule.ts'

const clock = 'must be a time of day as HH:MM'
const timeOfDay = z.string(clock).regex(/^([01]\d|2[0-3]):[0-5]\d$/, clock)

const zone = 'must be a time zone such as Europe/Berlin'
const timeZone = z.string(zone).refine(isTimeZone, zone)

const nameRule = 'must be 1 to 64 letters, digits, dots, dashes or underscores'

const base = {
  name: z
    .string(nameRule)
    .regex(/^[\w.-]{1,64}$/, nameRule)
    .optional(),
  severities: z
    .array(oneOf(['critical', 'warning', 'info']).schema, 'must be a list of severities')
    .min(1, 'must have at least one severity')
    .optional(),
  fallback: onOff.schema.optional(),
  quiet_hours: section({ from: timeOfDay, to: timeOfDay, time_zone: timeZone.optional() }).optional(),
}

const channel: z.ZodType<FileChannel> = z.discriminatedUnion(
  'type',
  [
    section({
      type: z.literal('email'),
      ...base,
      recipients: z
        .array(mailAddresses.schema, 'must be a list of mail addresses')
        .transform((lists) => lists.flat())
        .optional(),
    }),
    section({ type: z.literal('slack'), ...base, webhook: secretUrl.schema.optional() }),
    section({ type: z.literal('webhook'), ...base, url: secretUrl.schema.optional() }),
    section({ type: z.literal('console'), ...base }),
  ],
  {
    error: ({ code }) => (code === 'invalid_union' ? 'must be email, slack, webhook or console' : 'must be a mapping with type'),
  },
)

/** `alerts.channels`. */
export const channelsSchema: z.ZodType<readonly FileChannel[]> = z.array(channel, 'must be a list of channels')

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
