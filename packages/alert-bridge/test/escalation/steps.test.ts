import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { firing, resolved } from '../helpers/alert-groups.ts'
import { failing, recordingChannel, type RecordingChannel } from '../helpers/recording-channel.ts'
import { type ClockedBridge, clockedBridge, movedClock, step } from './moved-clock.ts'

const people = ['Ada', 'Grace'].map((name) => ({ name, recipients: [`${name.toLowerCase()}@example.com`] }))
const rotations = [
  {
    name: 'nights',
    timeZone: 'UTC',
    people,
    shift: { length: 'daily' as const, starts: '2026-11-24', at: '02:05' },
    overrides: [],
    ical: undefined,
  },
]
const critical = { severity: 'critical' }

/** The steps that a channel delivered: `2/3.0 grace@example.com`. */
function stepsOf({ delivered }: RecordingChannel): string[] {
  return delivered.flatMap(({ notice, recipient }) => {
    const { escalation: sent } = notice
    return sent === undefined ? [] : `${sent.number}/${sent.of}.${sent.round} ${recipient}`
  })
}

interface Opened {
  readonly clock: ReturnType<typeof movedClock>
  readonly mail: RecordingChannel
  readonly chat: RecordingChannel
  readonly bridge: ClockedBridge
}

async function opened(
  steps = [
    step(0, { rotation: 'nights' }),
    step(600, { rotation: 'nights' }),
    step(900, { channels: ['chat'], repeatSeconds: 300 }),
  ],
): Promise<Opened> {
  const clock = movedClock()
  const mail = recordingChannel({ name: 'mail', type: 'email', recipients: ['ops@example.com'] })
  const chat = recordingChannel({ name: 'chat', type: 'slack', recipients: ['#ops'] })
  const bridge = await clockedBridge(clock, { channels: [mail, chat], settings: { escalation: steps, rotations } })
  return { clock, mail, chat, bridge }
}

test('an unacknowledged critical alert reaches the person who is on call at each step, and the last step is repeated', async () => {
  const { mail, chat, bridge } = await opened()
  await bridge.receive(firing(critical))
  expect(stepsOf(mail)).toEqual(['1/3.0 grace@example.com'])
  await bridge.pass(599)
  expect(stepsOf(mail)).toEqual(['1/3.0 grace@example.com'])
  // at 02:05 Ada took over
  await bridge.pass(1)
  expect(stepsOf(mail)).toEqual(['1/3.0 grace@example.com', '2/3.0 ada@example.com'])
  await bridge.pass(300)
  await bridge.pass(300)
  await bridge.pass(300)
  expect([stepsOf(mail).length, stepsOf(chat)]).toEqual([2, ['3/3.0 #ops', '3/3.1 #ops', '3/3.2 #ops']])
})

test('the message of a step names the step, who was notified before, and how to stop it', async () => {
  const { chat, bridge } = await opened()
  await bridge.receive(firing(critical))
  await bridge.pass(600)
  await bridge.pass(300)
  expect(chat.delivered.at(-1)?.notice).toMatchObject({
    kind: 'escalation',
    severity: 'critical',
    title: 'AgentSlow',
    escalation: {
      number: 3,
      of: 3,
      round: 0,
      who: 'channel chat',
      before: [
        { who: 'Grace (on call, nights), step 1 of 3', at: '2026-11-24T02:00:00.000Z' },
        { who: 'Ada (on call, nights), step 2 of 3', at: '2026-11-24T02:10:00.000Z' },
      ],
    },
  })
})

test('an acknowledgment stops the escalation on every channel, also messages that wait', async () => {
  const { mail, chat, clock, bridge } = await opened()
  await bridge.receive(firing(critical))
  mail.answer = failing
  clock.ms += 600_000
  bridge.service.core.wake()
  await expect.poll(() => mail.tries.filter(({ notice }) => notice.escalation?.number === 2).length).toBeGreaterThan(0)
  await bridge.acknowledge()
  mail.answer = () => ({ kind: 'delivered' })
  await bridge.settled()
  await bridge.pass(3_600)
  expect([stepsOf(mail), stepsOf(chat)]).toEqual([['1/3.0 grace@example.com'], []])
  const canceled = (await bridge.deliveries('collapsed')).filter(({ kind }) => kind === 'escalation')
  expect(canceled.map(({ recipient, reason }) => [recipient, reason])).toEqual([['ada@example.com', 'the escalation has ended']])
})

test('a resolved alert stops the escalation, its people are notified of the end, and the same alert begins again', async () => {
  const { mail, bridge } = await opened()
  await bridge.receive(firing(critical))
  await bridge.pass(300)
  await bridge.receive(resolved(critical))
  expect(
    mail.delivered
      .filter(({ notice }) => notice.kind === 'resolved')
      .map(({ recipient }) => recipient)
      .toSorted(),
  ).toEqual(['grace@example.com', 'ops@example.com'])
  await bridge.pass(7_200)
  expect(stepsOf(mail)).toEqual(['1/3.0 grace@example.com'])
  await bridge.receive(firing({ ...critical, startsAt: '2026-11-24T04:00:00Z' }))
  await bridge.pass(600)
  expect(stepsOf(mail).slice(1)).toEqual(['1/3.0 ada@example.com', '2/3.0 ada@example.com'])
})

test('a warning is not escalated unless a step lists it', async () => {
  const { mail, bridge } = await opened([
    step(0, { rotation: 'nights' }),
    step(60, { recipients: ['boss@example.com'], severities: ['critical', 'warning'] }),
  ])
  await bridge.receive(firing({ severity: 'warning' }))
  await bridge.pass(60)
  expect(stepsOf(mail)).toEqual(['1/1.0 boss@example.com'])
})

test('the only step of an incident is not sent again when further alerts of its group fire', async () => {
  const { mail, bridge } = await opened([step(0, { recipients: ['boss@example.com'] })])
  await bridge.receive(firing(critical))
  await bridge.pass(300)
  await bridge.receive(firing({ ...critical, startsAt: '2026-11-24T02:04:00Z' }))
  await bridge.pass(300)
  expect(stepsOf(mail)).toEqual(['1/1.0 boss@example.com'])
})

test('a step without a working target goes to all channels of its severity with the reason', async () => {
  const { mail, chat, bridge } = await opened([step(0, { recipients: ['+491701234567'] })])
  await bridge.receive(firing(critical))
  expect([stepsOf(mail), stepsOf(chat)]).toEqual([['1/1.0 ops@example.com'], ['1/1.0 #ops']])
  expect(mail.delivered.at(-1)?.notice.escalation).toMatchObject({
    who: 'all channels',
    problem: 'no channel serves +491701234567',
  })
  expect(bridge.lines.filter((line) => line.includes('no channel serves'))).toHaveLength(1)
})

test('a bridge that was down when a step was due sends it at the start, and no step twice', async () => {
  const [clock, dataDir] = [movedClock(), temporaryFolder()]
  const mail = recordingChannel({ name: 'mail', type: 'email', recipients: ['ops@example.com'] })
  const steps = [step(0, { recipients: ['a@example.com'] }), step(600, { recipients: ['b@example.com'] })]
  const options = { channels: [mail], dataDir, settings: { escalation: steps } }
  const first = await clockedBridge(clock, options)
  await first.receive(firing(critical))
  await first.service.stop()
  clock.ms += 700_000
  const second = await clockedBridge(clock, options)
  await second.settled()
  expect(stepsOf(mail)).toEqual(['1/2.0 a@example.com', '2/2.0 b@example.com'])
  await second.service.stop()
  await (await clockedBridge(clock, options)).settled()
  expect(stepsOf(mail)).toHaveLength(2)
})

test('quiet hours of a channel hold back steps of severity info until their end, and no critical ones', async () => {
  const clock = movedClock()
  const mail = recordingChannel({
    name: 'mail',
    type: 'email',
    recipients: ['ops@example.com'],
    quietHours: { from: '00:00', to: '06:00', timeZone: 'UTC' },
  })
  const steps = [step(0, { recipients: ['a@example.com'], severities: ['critical', 'info'] })]
  const bridge = await clockedBridge(clock, { channels: [mail], settings: { escalation: steps } })
  await bridge.service.core.acceptGroup(firing({ name: 'Quiet', severity: 'info' }) as never)
  await bridge.service.core.acceptGroup(firing({ name: 'Loud', ...critical }) as never)
  await expect.poll(() => stepsOf(mail)).toHaveLength(1)
  const held = async () =>
    (await bridge.deliveries('pending')).filter(({ kind, held: why }) => kind === 'escalation' && why === 'quiet-hours')
  await expect
    .poll(async () => (await held()).map(({ dueAt }) => new Date(dueAt).toISOString()))
    .toEqual(['2026-11-24T06:00:00.000Z'])
  expect(mail.delivered.at(-1)?.notice.title).toBe('Loud')
  await bridge.pass(4 * 3_600)
  expect(stepsOf(mail)).toHaveLength(2)
})

test('metrics have the time until someone acknowledges and until the end, and what is unacknowledged', async () => {
  const { clock, bridge } = await opened()
  await bridge.receive(firing(critical))
  clock.ms += 120_000
  expect(await bridge.metric('bridge_incidents_unacknowledged{severity="critical"}')).toBe(1)
  expect(await bridge.metric('bridge_incidents_unacknowledged_oldest_age_seconds{severity="critical"}')).toBe(120)
  await bridge.acknowledge()
  expect(await bridge.metric('bridge_incidents_unacknowledged{severity="critical"}')).toBe(0)
  expect(await bridge.metric('bridge_incidents_unacknowledged_oldest_age_seconds{severity="critical"}')).toBe(0)
  clock.ms += 60_000
  await bridge.receive(resolved(critical))
  await expect.poll(() => bridge.metric('bridge_incident_resolve_seconds_sum{severity="critical"}')).toBe(180)
  expect(await bridge.metric('bridge_incident_acknowledge_seconds_sum{severity="critical"}')).toBe(120)
})

test('however often a step is repeated, its message keeps only the last five steps', async () => {
  const { chat, bridge } = await opened([step(0, { channels: ['chat'], repeatSeconds: 60 })])
  await bridge.receive(firing(critical))
  for (let round = 0; round < 9; round += 1) await bridge.pass(60)
  expect(chat.delivered.at(-1)?.notice.escalation?.before).toHaveLength(5)
})
