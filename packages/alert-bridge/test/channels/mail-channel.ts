import { onTestFinished } from 'vitest'

import type { Channel } from '../../src/channels/channel.ts'
import { openEmailChannel, type EmailChannelSettings } from '../../src/channels/email/email-channel.ts'

/** A mail channel to a server on this machine, closed at the end of the test. */
export function mailChannel(port: number, settings: Partial<EmailChannelSettings> = {}): Channel {
  const channel = openEmailChannel(
    {
      type: 'email',
      name: 'mail',
      severities: ['critical'],
      fallback: false,
      quietHours: undefined,
      recipients: ['ops@example.com', 'Night shift <night@example.com>'],
      host: '127.0.0.1',
      port,
      user: undefined,
      password: undefined,
      from: 'alerts@swarm.example.com',
      ...settings,
    },
    { now: () => new Date('2026-11-24T02:15:00Z') },
  )
  onTestFinished(() => channel.close())
  return channel
}
