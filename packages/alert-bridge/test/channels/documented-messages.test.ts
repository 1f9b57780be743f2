import { readFileSync } from 'node:fs'

import { templateFields } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { alertLine } from '../../src/channels/console/console-channel.ts'
import { discordMessage } from '../../src/channels/discord/discord-channel.ts'
import { mattermostMessage } from '../../src/channels/mattermost/mattermost-channel.ts'
import { ntfyMessage } from '../../src/channels/ntfy/ntfy-channel.ts'
import { pagerdutyRequest } from '../../src/channels/pagerduty/pagerduty-channel.ts'
import { slackMessage } from '../../src/channels/slack/slack-message.ts'
import { smsText } from '../../src/channels/sms/sms-channel.ts'
import { type AdaptiveCard, teamsMessage } from '../../src/channels/teams/teams-channel.ts'
import { telegramMessage } from '../../src/channels/telegram/telegram-channel.ts'
import { webhookBody } from '../../src/channels/webhook/webhook-body.ts'
import { channels } from '../../src/channels/registry.ts'
import { plainText } from '../../src/message/message-content.ts'
import type { Notice } from '../../src/message/notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'

interface Shown {
  readonly name: string
  /** Notation of the text below. */
  readonly about: string
  readonly show: (notice: Notice) => string
}

const asJson = (value: unknown): string => JSON.stringify(value, undefined, 2)

const shown: Readonly<Record<keyof typeof channels, Shown>> = {
  email: {
    name: 'Mail',
    about: 'The text of the mail below its subject; the HTML part has the same content.',
    show: (notice) => `Subject: ${plainText(notice).subject}\n\n${plainText(notice).text.trim()}`,
  },
  slack: {
    name: 'Slack',
    about: 'The blocks, in the mrkdwn of Slack.',
    show: (notice) =>
      slackMessage(notice)
        .blocks.map(({ text }) => text.text)
        .join('\n\n'),
  },
  teams: {
    name: 'Microsoft Teams',
    about: 'The lines of the adaptive card; what is in brackets is a button.',
    show: (notice) => linesOf(teamsMessage(notice).attachments[0].content).join('\n'),
  },
  discord: {
    name: 'Discord',
    about: 'Title and description of the embed, in Markdown.',
    show: (notice) =>
      discordMessage(notice)
        .embeds.map(({ title, description }) => `${title}\n\n${description}`)
        .join('\n'),
  },
  telegram: { name: 'Telegram', about: 'The text, in HTML.', show: (notice) => telegramMessage(notice).text },
  ntfy: {
    name: 'ntfy',
    about: 'The JSON that is published.',
    show: (notice) => asJson(ntfyMessage(notice, 'alerts-7hg2')),
  },
  pagerduty: {
    name: 'PagerDuty',
    about: 'The event without the routing key.',
    show: (notice) => asJson(pagerdutyRequest(notice, '0199-delivery').body),
  },
  mattermost: {
    name: 'Mattermost and Rocket.Chat',
    about: 'The text, and below it the attachment, in Markdown.',
    show: (notice) => {
      const { text, attachments = [] } = mattermostMessage(notice)
      return [text, ...attachments.map((attachment) => attachment.text)].join('\n\n')
    },
  },
  sms: { name: 'Text message', about: 'The text.', show: smsText },
  webhook: {
    name: 'Own endpoint',
    about: 'The JSON body.',
    show: (notice) => asJson(webhookBody(notice, '0199-delivery')),
  },
  console: {
    name: 'Console',
    about: 'The line.',
    show: (notice) => alertLine(notice, '0199-delivery', new Date('2026-11-24T02:15:00Z')),
  },
}

test('docs/channel-messages.md shows the message of each channel', async () => {
  await expect(page()).toMatchFileSnapshot('../../../../docs/channel-messages.md')
})

test('docs/channels.md has a row for each field of templates, with its meaning', () => {
  const rows = [
    ...readFileSync(new URL('../../../../docs/channels.md', import.meta.url), 'utf8').matchAll(/^\| `([a-z]+)` +\| (.*?) +\|$/gm),
  ]
  expect(Object.fromEntries(rows.map(([, name, about]) => [name, about]))).toEqual(templateFields)
})

function page(): string {
  const sections = Object.values(shown).map(({ name, about, show }) => {
    const block = (notice: Notice): string => `\`\`\`text\n${show(notice)}\n\`\`\``
    return `## ${name}\n\n${about}\n\n${block(sampleNotices.firing)}\n\nOnce it is resolved:\n\n${block(sampleNotices.resolved)}\n`
  })
  const head = `# Messages of each channel

A critical alert about one agent, as [each channel](channels.md) receives it. A test writes this page:
\`vitest run -u packages/alert-bridge/test/channels/documented-messages.test.ts\`.
`
  return [head, ...sections].join('\n')
}

function linesOf({ body }: AdaptiveCard): string[] {
  return body.map((element) =>
    element.type === 'ActionSet'
      ? element.actions.map(({ title, url }) => `[${title}] ${url}`).join('\n')
      : element.inlines.map(({ text }) => text).join(''),
  )
}
