import { expect, test } from 'vitest'

import { loadConfiguration, readMailbox, writeMailbox } from '../src/index.ts'
import { splitMailAddresses } from '../src/mail-address.ts'
import { problemsOf } from './problems-of.ts'

test.each([
  ['ops@example.com', '', 'ops@example.com'],
  ['Ops <ops@example.com>', 'Ops', 'ops@example.com'],
  ['  Night  shift   < night@example.com > ', 'Night shift', 'night@example.com'],
  ['"Doe, Jane" <j@example.com>', 'Doe, Jane', 'j@example.com'],
  [String.raw`"Jane \"JD\" Doe" <j@example.com>`, 'Jane "JD" Doe', 'j@example.com'],
  ['"a <b@c.d>, e" <j@example.com>', 'a <b@c.d>, e', 'j@example.com'],
  ['Jane (on call, nights) <j@example.com>', 'Jane', 'j@example.com'],
  ['John Q. Public <john@example.com>', 'John Q. Public', 'john@example.com'],
  ["o'brien@example.com", '', "o'brien@example.com"],
  ['<j@example.com>', '', 'j@example.com'],
  ['"john doe"@example.com', '', '"john doe"@example.com'],
  ['J\u00f6rg <joerg@b\u00fccher.example>', 'J\u00f6rg', 'joerg@b\u00fccher.example'],
])('%s is %j at %s, also after formatting and parsing it again', (text, name, address) => {
  expect(readMailbox(text)).toEqual({ name, address })
  expect(readMailbox(writeMailbox({ name, address }))).toEqual({ name, address })
  expect(splitMailAddresses(`${text}, x@example.com,${text}`)).toEqual([text.trim(), 'x@example.com', text.trim()])
})

test.each([
  'ops',
  'a@b@c',
  'Jane <j@example.com',
  'j@example.com>',
  '"Jane <j@example.com>',
  'a@b <c@d> e',
  '<a@b> <c@d>',
  'a@b, c@d',
  'Jane <>',
  'a b@c',
  'a@.c',
  'a@b..c',
  'a@b.c.',
  '.a@b.c',
  'a..b@c.d',
  'Ops <a.@b.c>',
  'a@b\nBcc: x@y',
  '',
])('%j is not a mail address', (text) => expect(readMailbox(text)).toBeUndefined())

test('recipients and the sender may have commas in their names', () => {
  const env = {
    ALERT_EMAIL_HOST: 'mail.example.com',
    ALERT_EMAIL_FROM: '"Swarm, production" <swarm@example.com>',
    ALERT_EMAIL_TO: '"Doe, Jane" <jane@example.com>, ops@example.com',
  }
  expect(loadConfiguration({ file: false, env }).alerts.channels).toMatchObject([
    { from: env.ALERT_EMAIL_FROM, recipients: ['"Doe, Jane" <jane@example.com>', 'ops@example.com'] },
  ])
  expect(problemsOf({ file: false, env: { ...env, ALERT_EMAIL_TO: 'Doe, Jane <jane@example.com>' } })).toEqual([
    'ALERT_EMAIL_TO must be mail addresses separated by commas, got "Doe, Jane <jane@example.com>"',
  ])
})
