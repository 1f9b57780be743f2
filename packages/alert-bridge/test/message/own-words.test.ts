import { fc, test as property } from '@fast-check/vitest'
import { templateFields } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { discordMessage } from '../../src/channels/discord/discord-channel.ts'
import { slackMessage } from '../../src/channels/slack/slack-message.ts'
import { smsText } from '../../src/channels/sms/sms-channel.ts'
import { teamsMessage } from '../../src/channels/teams/teams-channel.ts'
import { telegramMessage } from '../../src/channels/telegram/telegram-channel.ts'
import { contentOf, plainText } from '../../src/message/message-content.ts'
import type { MessageStyle, Notice } from '../../src/message/notice.ts'
import { anyNotice } from './any-notice.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

const withStyle = (notice: Notice, style: MessageStyle): Notice => ({ ...notice, style })
const titleOf = (template: string, notice = sampleNotices.firing): string =>
  contentOf(withStyle(notice, { titleTemplate: template })).subject

test.each([
  ['status', 'CRITICAL'],
  ['severity', 'critical'],
  ['title', 'AgentErrorRateCritical'],
  ['names', 'api-integrator'],
  ['summary', '62 % of the runs of api-integrator failed in the last 5 minutes'],
  ['description', 'Most failures are 429: the model provider takes fewer calls than the agent makes.'],
  ['since', '2026-11-24 02:13:05 UTC+00:00'],
  ['ended', '-'],
  ['lasted', '-'],
  ['firing', '1'],
  ['resolved', '0'],
  ['runbook', 'https://example.com/runbooks/AgentErrorRateCritical'],
  ['dashboard', 'https://grafana.example.com/d/agent?var-agent=api-integrator&from=1795486385000'],
  ['labels.agent_name', 'api-integrator'],
  ['labels.team', '-'],
  ['annotations.runbook_url', 'https://example.com/runbooks/AgentErrorRateCritical'],
])('the field %s is replaced by its value', (field, value) => {
  expect(titleOf(`{{ ${field} | - }}`)).toBe(value)
})

test('every documented field has a test', () => {
  expect(Object.keys(templateFields)).toHaveLength(13)
})

test('an end has its times, in the time zone of the messages', () => {
  const style = { timeZone: 'Europe/Berlin', resolvedTemplate: '{{ title }} war von {{ since }} bis {{ ended }}: {{ lasted }}.' }
  expect(contentOf(withStyle(sampleNotices.resolved, style)).paragraphs).toEqual([
    'AgentErrorRateCritical war von 2026-11-24 03:13:05 UTC+01:00 bis 2026-11-24 03:25:09 UTC+01:00: 12 min 4 s.',
  ])
})

test('a label that differs lists its values', () => {
  const notice = { ...sampleNotices.firing, alerts: [sampleAlert('writer'), sampleAlert('planner')] }
  expect(titleOf('{{ labels.agent_name }}', notice)).toBe('writer, planner')
})

test('a value with braces is not a template', () => {
  const alert = sampleAlert('writer', { annotations: { summary: '{{ status }}' } })
  expect(titleOf('{{ summary }}', { ...sampleNotices.firing, alerts: [alert] })).toBe('{{ status }}')
})

test('a template whose fields are all empty leaves the words of the bridge', () => {
  expect(titleOf('{{ labels.team }}')).toBe('AgentErrorRateCritical: api-integrator')
})

test('the title replaces the subject on every channel, the status remains', () => {
  const notice = withStyle(sampleNotices.firing, {
    titleTemplate: 'Achtung {{ names }}',
    firingTemplate: 'Bitte {{ labels.severity }}',
  })
  expect(plainText(notice).subject).toBe('[CRITICAL] Achtung api-integrator')
  expect(plainText(notice).text).toMatch(/^CRITICAL - Achtung api-integrator\n\nBitte critical\n\nAgent:/)
  const shown = [
    slackMessage(notice).text,
    smsText(notice),
    telegramMessage(notice).text,
    discordMessage(notice).embeds[0]!.title,
  ]
  for (const text of [...shown, JSON.stringify(teamsMessage(notice))]) expect(text).toContain('Achtung api-integrator')
})

test.each(['summary', 'digest', 'event', 'drill', 'meta'] as const)('a message of kind %s has its own words', (kind) => {
  const style = { titleTemplate: 'x', firingTemplate: 'x', resolvedTemplate: 'x' }
  expect(contentOf(withStyle(sampleNotices[kind], style))).toEqual(contentOf(sampleNotices[kind]))
})

const anyTemplate = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Object.keys(templateFields), 'labels.a', 'annotations.b').map((name) => `{{ ${name} }}`),
      fc.string(),
    ),
    {
      maxLength: 20,
    },
  )
  .map((parts) => parts.join(''))

property.prop([anyNotice, anyTemplate])(
  'any notice with any template is one line of title and a bounded text',
  (notice, template) => {
    const style = { titleTemplate: template, firingTemplate: template, resolvedTemplate: template }
    const { subject, paragraphs } = contentOf(withStyle(notice, style))
    expect(subject).not.toMatch(/[\r\n]/)
    expect(Array.from(subject).length).toBeLessThanOrEqual(400)
    expect(paragraphs.join('').isWellFormed()).toBe(true)
    expect(telegramMessage(withStyle(notice, style)).text.length).toBeLessThanOrEqual(4_096)
  },
)
