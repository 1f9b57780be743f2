import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { openChannel } from '../../src/channels/registry.ts'

const base = { severities: ['critical'], fallback: false, quietHours: undefined } as const

test('each type of settings opens its channel; recipients show no address that is a secret', async () => {
  const mail = { recipients: ['ops@example.com'], host: 'mail.example.com', port: 587, from: 'alerts@example.com' }
  const channels = [
    openChannel({ ...base, ...mail, type: 'email', name: 'mail', user: undefined, password: undefined }),
    openChannel({ ...base, type: 'slack', name: 'slack', webhook: new Secret('https://hooks.slack.com/services/T/B/x') }),
    openChannel({ ...base, type: 'slack', name: 'bot', botToken: new Secret('xoxb-1'), channel: 'C1' }),
    openChannel({ ...base, type: 'webhook', name: 'own', url: new Secret('https://example.com/hook'), secret: undefined }),
    openChannel({ ...base, type: 'console', name: 'console' }),
  ]
  expect(channels.map(({ name, type, recipients, concurrency }) => [name, type, recipients.join(), concurrency])).toEqual([
    ['mail', 'email', 'ops@example.com', 3],
    ['slack', 'slack', 'slack', 1],
    ['bot', 'slack', 'C1', 1],
    ['own', 'webhook', 'own', 4],
    ['console', 'console', 'console', 1],
  ])
  await Promise.all(channels.map((channel) => channel.close()))
})
