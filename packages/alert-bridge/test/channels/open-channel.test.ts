import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { openChannel } from '../../src/channels/open-channels.ts'

const base = { severities: ['critical'], fallback: false, quietHours: undefined } as const

test('each type of settings opens its channel; recipients show no address that is a secret', async () => {
  const mail = { recipients: ['ops@example.com'], host: 'mail.example.com', port: 587, from: 'alerts@example.com' }
  const channels = [
    openChannel({ ...base, ...mail, type: 'email', name: 'mail', user: undefined, password: undefined }),
    openChannel({ ...base, type: 'slack', name: 'slack', webhook: new Secret('https://hooks.slack.com/services/T/B/x') }),
    openChannel({ ...base, type: 'slack', name: 'bot', botToken: new Secret('xoxb-1'), channel: 'C1' }),
    openChannel({ ...base, type: 'teams', name: 'teams', webhook: new Secret('https://example.webhook.office.com/x') }),
    openChannel({ ...base, type: 'discord', name: 'discord', webhook: new Secret('https://discord.com/api/webhooks/1/x') }),
    openChannel({
      ...base,
      type: 'telegram',
      name: 'telegram',
      botToken: new Secret('1:x'),
      chat: '-100',
      apiUrl: 'https://api.telegram.org',
    }),
    openChannel({ ...base, type: 'ntfy', name: 'ntfy', url: new Secret('https://ntfy.sh/x'), token: undefined }),
    openChannel({
      ...base,
      type: 'pagerduty',
      name: 'pagerduty',
      routingKey: new Secret('x'),
      apiUrl: 'https://events.pagerduty.com',
    }),
    openChannel({ ...base, type: 'mattermost', name: 'mattermost', webhook: new Secret('https://chat.example.com/hooks/x') }),
    openChannel({
      ...base,
      type: 'sms',
      name: 'sms',
      recipients: ['+491701234567'],
      account: 'AC1',
      token: new Secret('x'),
      from: '+15005550006',
      apiUrl: 'https://api.twilio.com',
    }),
    openChannel({ ...base, type: 'webhook', name: 'own', url: new Secret('https://example.com/hook'), secret: undefined }),
    openChannel({ ...base, type: 'console', name: 'console' }),
  ]
  expect(
    channels.map(({ name, recipients, concurrency, limits, isLastResort }) => [
      name,
      recipients.join(),
      concurrency,
      limits?.perSecond,
      isLastResort,
    ]),
  ).toEqual([
    ['mail', 'ops@example.com', 3, undefined, false],
    ['slack', 'slack', 1, 1, false],
    ['bot', 'C1', 1, 1, false],
    ['teams', 'teams', 1, 2, false],
    ['discord', 'discord', 1, 0.5, false],
    ['telegram', '-100', 1, 0.3, false],
    ['ntfy', 'ntfy', 1, 0.2, false],
    ['pagerduty', 'pagerduty', 1, 2, false],
    ['mattermost', 'mattermost', 1, 2, false],
    ['sms', '+491701234567', 1, 1, false],
    ['own', 'own', 4, undefined, false],
    ['console', 'console', 1, undefined, true],
  ])
  await Promise.all(channels.map((channel) => channel.close()))
})

test('Slack gets one message per second, five at once', () => {
  const channel = openChannel({
    ...base,
    type: 'slack',
    name: 'slack',
    webhook: new Secret('https://hooks.slack.com/services/T/B/x'),
  })
  expect(channel.limits).toEqual({ perSecond: 1, burst: 5 })
})
