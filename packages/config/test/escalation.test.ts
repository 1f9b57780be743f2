import { expect, test } from 'vitest'

import { type Configuration, loadConfiguration } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const env = { ALERT_EMAIL_HOST: 'mail.example.com', ALERT_EMAIL_TO: 'ops@example.com' }
const folder = (alerts: string): string => folderWith({ 'config/production.yaml': `alerts:\n${alerts}` })
const load = (alerts: string, more: Record<string, string> = {}): Configuration =>
  loadConfiguration({ env: { ...env, ...more }, cwd: folder(alerts) })
const problems = (alerts: string, more: Record<string, string> = {}): string[] =>
  problemsOf({ env: { ...env, ...more }, cwd: folder(alerts) })

const rotations = `  rotations:
    - name: first-line
      people: [{ name: Ada, recipients: [ada@example.com] }, { name: Grace, recipients: ['Grace <grace@example.com>'] }]
      shift: { length: weekly, starts: 2026-01-05 }
      overrides: [{ person: Grace, from: 2026-12-24 09:00, to: 2026-12-27T09:00 }]
`

test('steps and rotations of the file are completed with defaults', () => {
  const { alerts, origins, offChannels } = load(
    `  time_zone: Europe/Berlin\n  escalation:\n    - { after: 0, rotation: first-line }\n    - { after: 600, channels: [email], repeat: 300, severities: [critical, warning] }\n${rotations}`,
  )
  expect(alerts.escalation).toEqual([
    {
      afterSeconds: 0,
      rotation: 'first-line',
      channels: [],
      recipients: [],
      repeatSeconds: undefined,
      severities: ['critical'],
    },
    {
      afterSeconds: 600,
      rotation: undefined,
      channels: ['email'],
      recipients: [],
      repeatSeconds: 300,
      severities: ['critical', 'warning'],
    },
  ])
  expect(alerts.rotations).toEqual([
    {
      name: 'first-line',
      timeZone: 'Europe/Berlin',
      people: [
        { name: 'Ada', recipients: ['ada@example.com'] },
        { name: 'Grace', recipients: ['Grace <grace@example.com>'] },
      ],
      shift: { length: 'weekly', starts: '2026-01-05', at: '09:00' },
      overrides: [{ person: 'Grace', from: '2026-12-24T09:00', to: '2026-12-27T09:00' }],
      ical: undefined,
    },
  ])
  expect([origins['alerts.escalation'], origins['alerts.rotations'], offChannels]).toEqual([
    'file config/production.yaml:alerts.escalation',
    'file config/production.yaml:alerts.rotations',
    [],
  ])
})

test('all problems of steps are reported at once, with the place and the rule', () => {
  expect(
    problems(`  escalation:
    - { after: 600 }
    - { after: 300, channels: [email], rotation: night }
    - { after: -1, recipients: [ada] }
    - { after: 900, recipients: [], repeat: 0, every: 5 }
`),
  ).toEqual([
    'alerts.escalation[2].after must be a number of seconds from 0 to 2147483, got -1 (config/production.yaml:5)',
    'alerts.escalation[2].recipients[0] must be a mail address, a phone number such as +491701234567, or slack: and an id, such as slack:U012AB3CD, got "ada" (config/production.yaml:5)',
    'alerts.escalation[3].recipients must not be empty, got a list (config/production.yaml:6)',
    'alerts.escalation[3].repeat must be a number of seconds above 0, at most 2147483, got 0 (config/production.yaml:6)',
    'alerts.escalation[3].every is not a setting; the settings are after, channels, recipients, rotation, repeat, severities (config/production.yaml:6)',
    'alerts.escalation[0] must have exactly one of channels, recipients and rotation, and has none (config/production.yaml:3)',
    'alerts.escalation[1] must have exactly one of channels, recipients and rotation, and has channels and rotation (config/production.yaml:4)',
    'alerts.escalation[1].after must be at least that of the step before (600), got 300 (config/production.yaml:4)',
    'alerts.escalation[1].rotation must be the name of one of alerts.rotations, which has none, got "night" (config/production.yaml:4)',
    'alerts.escalation[2].after must be at least that of the step before (600), got -1 (config/production.yaml:5)',
  ])
})

test('all problems of rotations are reported at once, with the place and the rule', () => {
  expect(
    problems(`  rotations:
    - { name: a, people: [], shift: { length: monthly, starts: 2026-02-30, at: 9 } }
    - { name: a, people: [{ name: Ada, recipients: [ada@example.com] }, { name: Ada, recipients: ['+49 170'] }] }
    - name: b
      people: [{ name: Ada, recipients: [ada@example.com] }]
      shift: { length: daily, starts: 2026-01-05 }
      ical: https://example.com/calendar
      overrides: [{ person: Bob, from: 2026-01-06T09:00, to: 2026-01-05T09:00 }]
`),
  ).toEqual([
    'alerts.rotations[0].people must have at least one person, got a list (config/production.yaml:3)',
    'alerts.rotations[0].shift.length must be daily or weekly, got "monthly" (config/production.yaml:3)',
    'alerts.rotations[0].shift.starts must be a date as YYYY-MM-DD, got "2026-02-30" (config/production.yaml:3)',
    'alerts.rotations[0].shift.at must be a time of day as HH:MM, got 9 (config/production.yaml:3)',
    'alerts.rotations[1].people[1].recipients[0] must be a mail address, a phone number such as +491701234567, or slack: and an id, such as slack:U012AB3CD, got "+49 170" (config/production.yaml:4)',
    'alerts.rotations[1].name must not occur twice, got "a" (config/production.yaml:4)',
    'alerts.rotations[1] must have exactly one of shift and ical, and has none (config/production.yaml:4)',
    'alerts.rotations[1].people[1].name must not occur twice, got "Ada" (config/production.yaml:4)',
    'alerts.rotations[2] must have exactly one of shift and ical, and has both (config/production.yaml:5)',
    'alerts.rotations[2].overrides must not be set together with ical; change the calendar, got a list (config/production.yaml:9)',
    'alerts.rotations[2].overrides[0].person must be the name of one of the people (Ada), got "Bob" (config/production.yaml:9)',
    'alerts.rotations[2].overrides[0].to must be after from (2026-01-06T09:00), got "2026-01-05T09:00" (config/production.yaml:9)',
  ])
})

test('a step that names an unknown channel is a problem', () => {
  expect(problems('  channels: [{ type: console }]\n  escalation: [{ after: 0, channels: [pager] }]')).toEqual([
    'alerts.escalation[0].channels[0] must be the name of a channel (console, email), got "pager" (config/production.yaml:3)',
  ])
})

test('a step whose channel is off in this environment is reported as a line, not as a problem', () => {
  const { offChannels, incompleteChannels, alerts } = load(
    `  channels: [{ type: slack, webhook: '\${HOOK}' }]\n  escalation: [{ after: 0, channels: [slack] }, { after: 60, recipients: ['+491701234567'] }]`,
  )
  const lines = [
    'alerts.escalation[0].channels[0] (slack) reaches no one, because this channel is off',
    'alerts.escalation[1].recipients[0] (+491701234567) reaches no one, because no channel of type sms is on',
  ]
  expect(offChannels.slice(1)).toEqual(lines)
  expect(incompleteChannels).toEqual(lines)
  expect(alerts.escalation).toHaveLength(2)
})

test('the address of a calendar is a secret and may be in a variable that is one', () => {
  const text = `  rotations: [{ name: a, ical: '\${CALENDAR_TOKEN}', people: [{ name: Ada, recipients: [ada@example.com] }] }]`
  const { alerts } = load(text, { CALENDAR_TOKEN: 'https://example.com/secret.ics' })
  expect([String(alerts.rotations[0]?.ical), alerts.rotations[0]?.ical?.reveal()]).toEqual([
    '***',
    'https://example.com/secret.ics',
  ])
  expect(problems(text, { CALENDAR_TOKEN: 'ftp://secret' })).toEqual([
    'alerts.rotations[0].ical must be an http or https URL, got *** (config/production.yaml:2)',
  ])
})

test('steps and rotations in code replace those of the file and obey the same rules', () => {
  const cwd = folder(`  escalation: [{ after: 0, channels: [email] }]\n${rotations}`)
  const { alerts, origins } = loadConfiguration({
    env,
    cwd,
    code: { alerts: { escalation: [{ afterSeconds: 5, rotation: 'first-line', repeatSeconds: 5 }] } },
  })
  expect([alerts.escalation.map(({ afterSeconds }) => afterSeconds), alerts.rotations.map(({ name }) => name)]).toEqual([
    [5],
    ['first-line'],
  ])
  expect([origins['alerts.escalation'], origins['alerts.rotations']]).toEqual([
    'code',
    'file config/production.yaml:alerts.rotations',
  ])
  expect(problemsOf({ env, cwd, code: { alerts: { escalation: [{ afterSeconds: 5, rotation: 'none' }] } } })).toEqual([
    'alerts.escalation[0].rotation must be the name of one of alerts.rotations (first-line), got "none"',
  ])
})
