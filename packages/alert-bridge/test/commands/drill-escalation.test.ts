import type { EmailChannel } from '@swarmwatch/config'
import { openMailServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { openChannels } from '../../src/channels/open-channels.ts'
import { drillEscalation } from '../../src/commands/drill-escalation.ts'
import { step } from '../escalation/moved-clock.ts'
import { failing, recordingChannel } from '../helpers/recording-channel.ts'

const rotations = [
  {
    name: 'nights',
    timeZone: 'UTC',
    people: [{ name: 'Ada', recipients: ['ada@example.com'] }],
    shift: { length: 'weekly' as const, starts: '2026-01-05', at: '09:00' },
    overrides: [],
    ical: undefined,
  },
]

async function printed(options: Omit<Parameters<typeof drillEscalation>[0], 'write'>): Promise<readonly [number, string[]]> {
  const lines: string[] = []
  return [await drillEscalation({ ...options, write: (line) => void lines.push(...line.split('\n')) }), lines]
}

test('the drill sends a real mail to the people of each step, marked as a test, and prints what each step reached', async () => {
  const mail = await openMailServer()
  onTestFinished(() => mail.close())
  const email: EmailChannel = {
    type: 'email',
    name: 'email',
    host: '127.0.0.1',
    port: mail.port,
    from: 'a@example.com',
    recipients: ['team@example.com'],
    severities: ['critical'],
    fallback: false,
    quietHours: undefined,
    user: undefined,
    password: undefined,
  }
  const steps = [step(0, { rotation: 'nights' }), step(600, { recipients: ['boss@example.com'] })]
  const channels = openChannels([email], { people: ['ada@example.com', 'boss@example.com'] })
  const [code, lines] = await printed({ steps, rotations, channels })
  expect([code, lines.map((line) => line.replace(/\d+ ms/, 'N ms').split(/ {2,}/))]).toEqual([
    0,
    [
      ['step', 'after', 'who', 'channel', 'recipient', 'result', 'latency', 'reason'],
      ['1', '0 s', 'Ada (on call, nights)', 'email', 'ada@example.com', 'delivered', 'N ms'],
      ['2', '600 s', 'boss@example.com', 'email', 'boss@example.com', 'delivered', 'N ms'],
      ['2 of 2 steps reached someone'],
    ],
  ])
  expect(mail.mails.map(({ to, raw }) => [to, /^Subject: .*$/m.exec(raw)?.[0]])).toEqual([
    [['ada@example.com'], 'Subject: [DRILL] This is a test of step 1 of 2 of the escalation'],
    [['boss@example.com'], 'Subject: [DRILL] This is a test of step 2 of 2 of the escalation'],
  ])
})

test('the drill fails if a step reaches no one or not its own people, and names the step and the reason', async () => {
  const mail = recordingChannel({ name: 'mail', type: 'email', answer: failing })
  const steps = [step(0, { rotation: 'nights' }), step(60, { recipients: ['+491701234567'] })]
  const [code, lines] = await printed({ steps, rotations, channels: [mail.routed] })
  expect([code, lines.slice(1).map((line) => line.trim().split(/ {2,}/))]).toEqual([
    1,
    [
      ['1', '0 s', 'Ada (on call, nights)', 'mail', 'ada@example.com', 'failed', '-', 'HTTP 500'],
      ['2', '60 s', 'all channels', 'mail', 'people', 'failed', '-', 'HTTP 500'],
      ['warning: step 2: no channel serves +491701234567; notified all channels'],
      ['0 of 2 steps reached someone'],
    ],
  ])
  expect(await printed({ steps: [], rotations: [], channels: [] })).toEqual([
    1,
    ['warning: there are no steps: set alerts.escalation in config/production.yaml', '0 of 0 steps reached someone'],
  ])
})
