import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { loadConfiguration, readTemplate } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const names =
  'status, severity, title, names, summary, description, since, ended, lasted, firing, resolved, runbook, dashboard, labels.NAME, annotations.NAME'

test('reads text, fields and the text for an empty value', () => {
  expect(readTemplate('{{title}} of {{ labels.team | the platform team }}: {{ annotations.impact }}').parts).toEqual([
    { field: 'title', otherwise: '' },
    ' of ',
    { field: 'labels.team', otherwise: 'the platform team' },
    ': ',
    { field: 'annotations.impact', otherwise: '' },
  ])
})

test.each([
  ['{{ titel }}', `has the unknown field "titel"; the fields are ${names}`],
  ['{{ labels }}', `has the unknown field "labels"; the fields are ${names}`],
  ['{{ labels.a b }}', `has the unknown field "labels.a b"; the fields are ${names}`],
  ['{{ constructor }}', `has the unknown field "constructor"; the fields are ${names}`],
  ['{{#if title}}', `has the unknown field "#if title"; the fields are ${names}`],
  ['{{ title', 'has double braces without their pair, such as {{ title }}'],
  ['title }}', 'has double braces without their pair, such as {{ title }}'],
  ['{{{ title }}}', undefined],
])('%s is checked', (text, problem) => {
  expect(readTemplate(text).problems).toEqual(problem === undefined ? [] : [problem])
})

property.prop([fc.string({ unit: 'binary' })])('any text without braces is a template that stays as it is', (text) => {
  const plain = text.replaceAll(/[{}]/g, '')
  expect(readTemplate(plain)).toEqual({ parts: plain === '' ? [] : [plain], problems: [] })
})

test('all problems of templates and the time zone in the file are reported at once, with their lines', () => {
  const file = [
    'alerts:',
    '  time_zone: Europe/Berlinn',
    '  templates:',
    '    title: "{{ titel }} {{ nam }}"',
    '    firing: "{{ summary"',
    '    resolved: ""',
    '    repeat: x',
  ].join('\n')
  expect(problemsOf({ cwd: folderWith({ 'config/production.yaml': file }) })).toEqual([
    'alerts.time_zone must be a time zone such as Europe/Berlin, got "Europe/Berlinn" (config/production.yaml:2)',
    'alerts.templates.resolved must be text of at most 2000 characters, got "" (config/production.yaml:6)',
    'alerts.templates.repeat is not a setting; the settings are title, firing, resolved (config/production.yaml:7)',
    `alerts.templates.title has the unknown field "titel"; the fields are ${names} (config/production.yaml:4)`,
    `alerts.templates.title has the unknown field "nam"; the fields are ${names} (config/production.yaml:4)`,
    'alerts.templates.firing has double braces without their pair, such as {{ title }} (config/production.yaml:5)',
  ])
})

test('templates in code are checked, too', () => {
  const code = { alerts: { titleTemplate: 'a\nb', firingTemplate: '{{ x }}', timeZone: 'Mars' } }
  expect(problemsOf({ code, file: false })).toEqual([
    `alerts.firingTemplate has the unknown field "x"; the fields are ${names}`,
    'alerts.timeZone must be a time zone such as Europe/Berlin, got "Mars"',
    expect.stringContaining('alerts.titleTemplate must be one line of at most 300 characters'),
  ])
})

test('the file sets the time zone and the templates', () => {
  const file = 'alerts:\n  time_zone: Asia/Kolkata\n  templates: { title: "{{ names }}", firing: "{{ summary }}" }\n'
  const { alerts, origins } = loadConfiguration({ env: {}, cwd: folderWith({ 'config/production.yaml': file }) })
  expect(alerts).toMatchObject({
    timeZone: 'Asia/Kolkata',
    titleTemplate: '{{ names }}',
    firingTemplate: '{{ summary }}',
    resolvedTemplate: undefined,
  })
  expect(origins['alerts.titleTemplate']).toBe('file config/production.yaml:alerts.templates.title')
})

test('times are in UTC without a setting', () => {
  expect(loadConfiguration({ env: {}, file: false }).alerts.timeZone).toBe('UTC')
})
