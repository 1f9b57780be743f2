import { test as property } from '@fast-check/vitest'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { alertLine } from '../../src/channels/console/console-channel.ts'
import { lastResortLine } from '../../src/message/console-lines.ts'
import { firing as firingGroup } from '../helpers/alert-groups.ts'
import { noticeOfGroup } from '../../src/intake/prepare-entry.ts'
import { alertLines } from '../../src/message/alert-lines.ts'
import { html } from '../../src/channels/email/mail.ts'
import type { Notice, NoticeAlert } from '../../src/message/notice.ts'
import { plainText } from '../../src/message/message-content.ts'
import { discordMessage } from '../../src/channels/discord/discord-channel.ts'
import { mattermostMessage } from '../../src/channels/mattermost/mattermost-channel.ts'
import { ntfyMessage } from '../../src/channels/ntfy/ntfy-channel.ts'
import { pagerdutyRequest } from '../../src/channels/pagerduty/pagerduty-channel.ts'
import { telegramMessage } from '../../src/channels/telegram/telegram-channel.ts'
import { teamsMessage } from '../../src/channels/teams/teams-channel.ts'
import { slackMessage, slackPlainText } from '../../src/channels/slack/slack-message.ts'
import { webhookBody } from '../../src/channels/webhook/webhook-body.ts'
import { anyGroupNotice } from './any-notice.ts'

/** A message in all its formats, with text that is only text. */
const formats: Readonly<Record<string, (notice: Notice) => string>> = {
  'plain text': (notice) => plainText(notice).text,
  HTML: (notice) => html(notice).replaceAll('&amp;', '&').replaceAll('&quot;', '"'),
  Slack: (notice) =>
    slackMessage(notice)
      .blocks.map(({ text }) => text.text.replaceAll('&amp;', '&'))
      .join('\n'),
  'Slack without blocks': (notice) => slackPlainText(notice).replaceAll('&amp;', '&'),
  Teams: (notice) =>
    teamsMessage(notice)
      .attachments[0].content.body.flatMap((element) =>
        element.type === 'ActionSet'
          ? element.actions.map(({ title, url }) => `${title}: ${url}`)
          : element.inlines.map(({ text }) => text).join(''),
      )
      .join('\n'),
  Discord: (notice) => {
    const { title, description } = discordMessage(notice).embeds[0]!
    return withoutMarkdown(`${title}\n${description}`)
  },
  Mattermost: (notice) => {
    const { text, attachments } = mattermostMessage(notice)
    return withoutMarkdown(`${text}\n${attachments?.[0]?.text}`)
  },
  Telegram: (notice) =>
    telegramMessage(notice)
      .text.replaceAll(/<a href="([^"]*)">/g, '$1 ')
      .replaceAll(/<\/?[ab]>/g, '')
      .replaceAll('&amp;', '&')
      .replaceAll('&quot;', '"'),
  ntfy: (notice) => {
    const { title, message, actions } = ntfyMessage(notice, 't')
    return [title, message, ...actions.map(({ label, url }) => `${label}: ${url}`)].join('\n')
  },
  PagerDuty: (notice) => JSON.stringify(pagerdutyRequest(notice, 'd').body, undefined, 1).replaceAll(/"(?=[:,\n])|^ *"/gm, ''),
  webhook: (notice) => webhookBody(notice, 'd').text,
}

/** Without escapes and bold text. */
function withoutMarkdown(text: string): string {
  return text.replaceAll('**', '').replaceAll(/\\(.)/g, '$1')
}

function diskFull(labels: Record<string, string>, more: Partial<NoticeAlert> = {}): NoticeAlert {
  return {
    status: 'firing',
    labels: { alertname: 'DiskFull', severity: 'warning', ...labels },
    annotations: {},
    startsAt: '2026-11-24T02:13:05Z',
    ...more,
  }
}

function notice(...alerts: NoticeAlert[]): Notice {
  return { kind: 'firing', severity: 'warning', incidentKey: 'i', title: 'DiskFull', alerts }
}

describe.each(Object.entries(formats))('%s', (_, shown) => {
  test('names the thing that only a label names, in the headline too', () => {
    const text = shown(notice(diskFull({ instance: 'db-7', region: 'eu-west-1', team: 'payments' })))
    expect(text).toMatch(/DiskFull: db-7/)
    for (const value of ['instance', 'eu-west-1', 'payments']) expect(text).toContain(value)
  })

  test('has a different line for each of two alerts that differ in any label', () => {
    const text = shown(notice(diskFull({ device: 'sda', tenant: 'a' }), diskFull({ device: 'sda', tenant: 'b' })))
    expect(text).toMatch(/DiskFull, tenant=a - firing since/)
    expect(text).toMatch(/DiskFull, tenant=b - firing since/)
    expect(text).toContain('sda')
  })

  test('shows the annotation "message" and all others that are no links', () => {
    const annotations = { message: 'Only 3 % are left.', impact: 'Orders are refused', owner: 'payments' }
    const text = shown(notice(diskFull({ instance: 'db-7' }, { annotations })))
    for (const value of Object.values(annotations)) expect(text).toContain(value)
    for (const key of ['impact', 'owner']) expect(text).toContain(key)
  })

  test('shows the own description of each of several alerts', () => {
    const about = (instance: string): NoticeAlert =>
      diskFull({ instance }, { annotations: { description: `The disk of ${instance} is full.`, used: `97 % of ${instance}` } })
    const text = shown(notice(about('db-7'), about('db-9')))
    for (const instance of ['db-7', 'db-9']) {
      expect(text).toMatch(new RegExp(`instance=${instance} - .* - The disk of ${instance} is full. - used: 97 % of ${instance}`))
    }
  })

  test('links to the query that raised the alert, and to addresses in its annotations', () => {
    const generatorUrl = 'https://prometheus.example.com/graph?g0.expr=disk&g0.tab=1'
    const annotations = { panel_url: 'https://grafana.example.com/d/disk', runbook: 'https://example.com/runbooks/disk' }
    const text = shown(notice(diskFull({ instance: 'db-7' }, { generatorUrl, annotations })))
    for (const url of [generatorUrl, ...Object.values(annotations)]) expect(text).toContain(url)
    for (const name of ['Query', 'panel']) expect(text).toContain(name)
  })
})

test('where several queries raised alerts, each link names its alert', () => {
  const from = (instance: string): NoticeAlert =>
    diskFull({ instance }, { generatorUrl: `https://example.com/graph?${instance}` })
  const { text } = plainText(notice(from('db-7'), from('db-9'), from('db-7')))
  expect(text).toMatch(/Start with: Query of DiskFull, instance=db-7\n {2}https:\/\/example\.com\/graph\?db-7\n/)
  expect(text.split('Links\n')[1]).toBe('  Query of DiskFull, instance=db-9: https://example.com/graph?db-9\n')
})

test('an address that only a container can reach is no link', () => {
  const group = {
    ...firingGroup({ name: 'DiskFull' }),
    externalURL: 'http://207b6d03f052:9093',
  }
  const [alert] = group.alerts
  const sent = { ...group, alerts: [{ ...alert!, generatorURL: 'http://4f0c1de2a9b7:9090/graph?g0.expr=up' }] }
  expect(plainText(noticeOfGroup(sent, 'firing', 'i')).text).not.toMatch(/207b6d03f052|4f0c1de2a9b7/)
})

test('a digest names the things of alerts that have no agent', () => {
  const alerts = ['db-1', 'db-2', 'db-3', 'db-4'].map((instance) => diskFull({ instance }))
  expect(plainText({ ...notice(...alerts), kind: 'digest' }).text).toContain(
    '- DiskFull: 4 firing (db-1, db-2, db-3 and 1 more)\n',
  )
})

test('a resolved alert describes the problem with its own annotations', () => {
  const over = { status: 'resolved', endsAt: '2026-11-24T02:25:09Z' } as const
  const one = diskFull({ instance: 'db-7' }, { ...over, annotations: { message: 'The disk is full.' } })
  expect(plainText({ ...notice(one), kind: 'resolved' }).text).toContain('What was wrong: The disk is full.\n')
})

test('two alerts whose labels look alike have lines that begin with their ids', () => {
  const alike = [`db\u200E-7`, 'db-7', `db-7${' '.repeat(9)}`].map((instance) => diskFull({ instance }))
  const lines = alertLines(notice(...alike)).alerts.map(({ text }) => text)
  expect(new Set(lines).size).toBe(3)
  for (const line of lines) expect(line).toMatch(/^#[0-9a-f]{6} DiskFull, instance=db-7 - firing/)
})

test.each([
  ['a zero-width space', 'db\u200B-7'],
  ['a zero-width joiner', 'db\u200D-7'],
  ['a soft hyphen', 'db\u00AD-7'],
  ['a word joiner', 'db\u2060-7'],
  ['a filler', 'db-7\u3164'],
  ['a variation selector', 'db-7\uFE0F'],
  ['a blank in Braille', 'db-7\u2800'],
  ['a wide letter', '\uFF44b-7'],
])('two alerts whose labels differ in %s have lines that begin with their ids', (_, instance) => {
  const lines = alertLines(notice(diskFull({ instance }), diskFull({ instance: 'db-7' }))).alerts.map(({ text }) => text)
  for (const line of lines) expect(line).toMatch(/^#[0-9a-f]{6} DiskFull/)
})

test('both ends of too long names are shown, so that they can be distinguished', () => {
  const pods = [1, 2].map((index) => diskFull({ pod: `${'payments-service-'.repeat(20)}${index}` }))
  const lines = alertLines(notice(...pods)).alerts.map(({ text }) => text)
  for (const [index, line] of lines.entries()) {
    expect(line).toMatch(new RegExp(`^DiskFull, pod=payments-service-.*\\.\\.\\..*-service-${index + 1} - firing`))
  }
  expect(plainText(notice(pods[1]!)).subject).toMatch(/-service-2$/)
})

test('shows the severity word of the alerts next to its meaning', () => {
  const shown = (...words: string[]): string =>
    /^Severity: +(.*)$/m.exec(plainText(notice(...words.map((severity) => diskFull({ severity })))).text)![1]!
  expect([shown('P3'), shown('Warning'), shown('warning'), shown('P3', 'P4'), shown('P3', 'P3')]).toEqual([
    'warning (P3)',
    'warning',
    'warning',
    'warning',
    'warning (P3)',
  ])
})

test('shows the severity alone if the alerts have no word for it', () => {
  const { severity: _, ...labels } = diskFull({}).labels
  expect(plainText(notice({ ...diskFull({}), labels })).text).toMatch(/^Severity: +warning$/m)
})

test('the lines on the console name the labels', () => {
  const one = notice(diskFull({ instance: 'db-7', team: 'payments' }, { annotations: { message: 'Only 3 % are left.' } }))
  expect(JSON.parse(alertLine(one, 'd', new Date()))).toMatchObject({ labels: { instance: 'db-7', team: 'payments' } })
  expect(lastResortLine('n', one, [])).toContain('"labels":{"instance":"db-7","team":"payments"},"summary":"Only 3 % are left."')
})

const twoAlerts = fc
  .tuple(
    anyGroupNotice,
    fc.array(
      fc.dictionary(
        fc.constantFrom('instance', 'pod', 'a', '&&', '\u200Eb'),
        fc.oneof(
          fc.string(),
          fc.constantFrom('&'.repeat(500), '<'.repeat(90), '\u200E', 'x'.repeat(2_000), `${'x'.repeat(2_000)}y`),
        ),
        { maxKeys: 4 },
      ),
      { minLength: 2, maxLength: 20 },
    ),
  )
  .map(([any, labels]): Notice => ({ ...any, kind: 'firing', alerts: labels.map((one) => diskFull(one)) }))

property.prop([twoAlerts])('alerts that differ in a label never have equal lines, in any format', (any) => {
  const distinct = [
    ...new Map(
      any.alerts.map((alert) => [
        JSON.stringify(Object.entries(alert.labels).toSorted(([one], [other]) => (one < other ? -1 : 1))),
        alert,
      ]),
    ).values(),
  ]
  const different: Notice = { ...any, alerts: distinct }
  const lines: Readonly<Record<string, readonly string[]>> = {
    text: alertLines(different).alerts.map(({ text }) => text),
    slack: slackMessage(different)
      .blocks.flatMap(({ text }) => text.text.split('\n'))
      .filter((line) => /^- (#[0-9a-f]{6} )?DiskFull/.test(line)),
    html: [...html(different).matchAll(/<li>((?:#[0-9a-f]{6} )?DiskFull.*)<\/li>/g)].map(([, line]) => line!),
  }
  for (const some of Object.values(lines)) {
    expect(some).toHaveLength(distinct.length < 2 && (any.truncatedAlerts ?? 0) === 0 ? 0 : distinct.length)
    expect(new Set(some).size).toBe(some.length)
  }
})

describe('a message about a rule within a process', () => {
  const page = 'http://127.0.0.1:8080/'
  const instance = '3f1c9a52-7d0e-4b6e-9f0a-2f6f0f5f3c11'
  const labels = { alertname: 'SwarmTooBusy', severity: 'warning', service: 'support', instance }
  const annotations = { summary: 'SwarmTooBusy: too many runs at once (threshold 5)', description: 'too many runs at once' }
  const [alert] = firingGroup().alerts
  const group = firingGroup({
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    alerts: [{ ...alert!, labels, annotations, generatorURL: page }],
    externalURL: page,
  })
  const inProcess = noticeOfGroup({ ...group, isFromGrafana: false } as never, 'firing', 'one')

  test('has the name of the service in its subject, not the random id of the process, which is among the facts', () => {
    const { subject, text } = plainText(inProcess)
    expect(subject).toBe('[WARNING] SwarmTooBusy: support')
    expect(text).toContain(instance)
  })

  // PagerDuty also has the annotations as data
  test.each(Object.entries(formats).filter(([name]) => name !== 'PagerDuty'))(
    'describes the problem once, and calls its page no query: %s',
    (_, format) => {
      const text = format(inProcess)
      expect(text.split('too many runs at once')).toHaveLength(2)
      expect(text).not.toContain('Query')
    },
  )
})
