import { z } from 'zod'

import { severities } from '../alerts/alert-channel.ts'
import { host, mailAddresses, oneLine, oneOf, onOff, secretText, secretUrl } from '../value-rule.ts'
import type { FileChannel } from './file-settings.ts'
import { section } from './section.ts'

const clock = 'must be a time of day as HH:MM'
const timeOfDay = z.string(clock).regex(/^([01]\d|2[0-3]):[0-5]\d$/, clock)

const zone = 'must be a time zone such as Europe/Berlin'
const timeZone = z.string(zone).refine(isTimeZone, zone)

const nameRule = 'must be 1 to 64 letters, digits, dots, dashes or underscores'

const base = {
  name: z
    .string(nameRule)
    .regex(/^[\w.-]{1,64}$/, nameRule)
    .optional()
    .meta({ description: 'Unique among the channels; the type, unless there are two of one type.' }),
  severities: z
    .array(oneOf(severities).schema, 'must be a list of severities')
    .min(1, 'must have at least one severity')
    .optional()
    .meta({ description: 'It is told of these at once; all three, unless listed, and without critical where it is a fallback.' }),
  fallback: onOff.schema
    .optional()
    .meta({ description: 'It is also told of a critical alert that no other channel could deliver.', default: false }),
  quiet_hours: section({
    from: timeOfDay.meta({ description: 'Beginning, HH:MM.' }),
    to: timeOfDay.meta({ description: 'End, HH:MM; earlier than the beginning when the night lies between.' }),
    time_zone: timeZone.optional().meta({ description: 'Such as Europe/Berlin.', default: 'UTC' }),
  })
    .optional()
    .meta({ description: 'A daily time in which messages of severity info are kept back.' }),
}

const email = section({
  type: z.literal('email').meta({ description: 'Mail by SMTP; the server is ALERT_EMAIL_HOST and so on.' }),
  ...base,
  recipients: z
    .array(mailAddresses.schema, 'must be a list of mail addresses')
    .transform((lists) => lists.flat())
    .optional()
    .meta({ description: 'Mail addresses; ALERT_EMAIL_TO where there are none.' }),
  require_tls: onOff.schema.optional().meta({
    description: 'Whether mail goes over TLS or not at all; ALERT_EMAIL_REQUIRE_TLS where it is left out.',
  }),
})

const slack = section({
  type: z.literal('slack').meta({ description: 'Slack, by incoming webhook or by bot.' }),
  ...base,
  webhook: secretUrl.schema.optional().meta({
    description: 'Address of the incoming webhook; ALERT_SLACK_WEBHOOK where there is none.',
    writeOnly: true,
  }),
  bot_token: secretText.schema.optional().meta({
    description: 'Token of a bot, in place of webhook; a bot can also update its messages and answer in threads.',
    writeOnly: true,
  }),
  channel: oneLine.schema
    .optional()
    .meta({ description: 'Name or, better, id of the channel that the bot posts to; it must be a member.' }),
}).refine(({ webhook, bot_token }) => !webhook || !bot_token, { path: ['bot_token'], error: 'must not stand beside webhook' })

const webhook = section({
  type: z.literal('webhook').meta({ description: 'Your own HTTP endpoint; messages are signed as Standard Webhooks says.' }),
  ...base,
  url: secretUrl.schema.optional().meta({
    description: 'Address that messages are posted to; ALERT_WEBHOOK_URL where there is none.',
    writeOnly: true,
  }),
  secrets: z.array(secretText.schema, 'must be a list of keys').optional().meta({
    description: 'Further keys while they are being exchanged: each signs too, beside ALERT_WEBHOOK_SECRET.',
    writeOnly: true,
  }),
  allowed_private_hosts: z.array(host.schema, 'must be a list of host names').optional().meta({
    description: 'Hosts that may have a private address (loopback, 10.0.0.0/8 and so on); others are refused.',
  }),
})

const onConsole = section({ type: z.literal('console').meta({ description: 'Lines on the console.' }), ...base })

const channel: z.ZodType<FileChannel> = z.discriminatedUnion('type', [email, slack, webhook, onConsole], {
  error: ({ code }) => (code === 'invalid_union' ? 'must be email, slack, webhook or console' : 'must be a mapping with type'),
})

/** `alerts.channels`. */
export const channelsSchema: z.ZodType<readonly FileChannel[]> = z.array(channel, 'must be a list of channels')

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
