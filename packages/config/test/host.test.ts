import { describe, expect, test } from 'vitest'

import { hostAndPort, isHost, isLoopback, loadConfiguration, withoutBrackets } from '../src/index.ts'
import { problemsOf } from './problems-of.ts'

test.each([
  ['mail.example.com', 587, 'mail.example.com:587'],
  ['127.0.0.1', '25', '127.0.0.1:25'],
  ['::1', 25, '[::1]:25'],
  ['[::1]', 25, '[::1]:25'],
  ['2001:db8::25', 465, '[2001:db8::25]:465'],
  ['fe80::1%eth0', 25, '[fe80::1%eth0]:25'],
])('%s and port %s have the form %s', (host, port, written) => {
  expect(hostAndPort(host, port)).toBe(written)
  if (!host.includes('%')) expect(new URL(`http://${written}`).port).toBe(String(port))
})

describe('a host in the settings', () => {
  test.each(['mail', 'mail.example.com', 'my_host', '10.0.0.1', '::1', '[::1]', '[2001:db8::25]', 'fe80::1%eth0'])(
    'a host in the settings may be %s',
    (given) => {
      const env = { ALERT_EMAIL_HOST: given, ALERT_EMAIL_TO: 'ops@example.com', METRICS_HOST: given }
      const { alerts, metrics } = loadConfiguration({ file: false, env })
      expect(alerts.channels).toMatchObject([{ host: withoutBrackets(given) }])
      expect(metrics.host).toBe(given.replaceAll(/[[\]]/g, ''))
      expect(isHost(given)).toBe(true)
    },
  )

  test.each([
    'mail.example.com:587',
    '127.0.0.1:25',
    '[::1]:25',
    '[mail]',
    '::1]',
    '[::1',
    ':::1',
    '1:2',
    'smtp://mail',
    'a b',
    'a/b',
  ])('a host in the settings must not be %s', (given) => {
    expect(problemsOf({ file: false, env: { ALERT_EMAIL_HOST: given } })).toEqual([
      `ALERT_EMAIL_HOST must be a host name or an IP address, without a port, got "${given}"`,
    ])
    expect(isHost(given)).toBe(false)
  })
})

test.each([
  ['localhost', true],
  ['LOCALHOST.', true],
  ['app.localhost', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['[::1]', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['::', false],
  ['0.0.0.0', false],
  ['127.1', false],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
  ['192.168.1.4', false],
  ['2001:db8::1', false],
  ['fe80::1%eth0', false],
])('only this machine reaches %s: %s', (host, answer) => expect(isLoopback(host)).toBe(answer))
