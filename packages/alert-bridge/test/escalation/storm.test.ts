import { expect, test } from 'vitest'

import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'

import { deliveryTimes } from '../../src/deliveries/delivery-context.ts'
import { readActionToken, withActions } from '../../src/incidents/action-links.ts'
import { noticeLinks } from '../../src/message/notice-links.ts'
import { plainText } from '../../src/message/message-content.ts'
import type { Notice } from '../../src/message/notice.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'
import { failing, recordingChannel, type RecordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { type ClockedBridge, clockedBridge, type MovedClock, movedClock, step } from './moved-clock.ts'

const steps = [
  step(0, { recipients: ['first@example.com'] }),
  step(600, { recipients: ['second@example.com'], repeatSeconds: 300 }),
]

interface Opened {
  readonly mail: RecordingChannel
  readonly bridge: ClockedBridge
  /** Moves the clock, and on until nothing is to be sent. */
  readonly pass: (seconds: number) => Promise<void>
  readonly clock: MovedClock
}

/** A bridge with the waits of a real one. */
async function opened({ hasIncidents = false, escalation = steps } = {}): Promise<Opened> {
  const clock = movedClock()
  const mail = recordingChannel({ name: 'mail', type: 'email', recipients: ['ops@example.com'], hasIncidents })
  const { stepWaitMs, stepWindowMs } = deliveryTimes
  const times = { ...shortTimes, fallbackAfterMs: 60_000, stepWaitMs, stepWindowMs }
  const bridge = await clockedBridge(clock, { channels: [mail], settings: { escalation }, times })
  const { core } = bridge.service

  async function pass(seconds: number): Promise<void> {
    clock.ms += seconds * 1_000
    await eventually('all that is due to be done', async () => {
      core.wake()
      const isStepLeft = ((await core.store.nextStepAt()) ?? Number.POSITIVE_INFINITY) <= clock.ms
      if (isStepLeft) return false
      if ((await core.store.countPending(1)) === 0) return true
      clock.ms += 100
      return false
    })
  }
  return { clock, mail, bridge, pass }
}

/** Begins incidents at the same time. */
async function begin({ service }: ClockedBridge, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    await service.core.acceptGroup(firing({ name: `Alert${index}`, severity: 'critical' }) as never)
  }
}

/** The messages of steps to a person, each as the titles of its incidents. */
function messagesTo({ delivered }: RecordingChannel, person: string): string[][] {
  return delivered
    .filter(({ recipient, notice }) => recipient === person && notice.kind === 'escalation')
    .map(({ notice }) => titlesOf(notice).toSorted())
}

function titlesOf(notice: Notice): string[] {
  return (notice.incidents ?? [notice]).map(({ title }) => title)
}

const titles = (count: number): string[] => Array.from({ length: count }, (_, index) => `Alert${index + 1}`)

test('40 incidents that begin together are one message to the next person, and each has the step in its history', async () => {
  const { mail, bridge, pass } = await opened()
  await begin(bridge, 40)
  await pass(1)
  await pass(600)
  expect(messagesTo(mail, 'second@example.com')).toEqual([titles(40).toSorted()])
  const { store } = bridge.service.core
  for (const { key } of await store.listIncidents({ isOpen: true })) {
    const history = await store.incidentHistory(key)
    expect(history.map(({ detail }) => detail)).toEqual(['first@example.com, step 1 of 2', 'second@example.com, step 2 of 2'])
  }
})

test('an incident that is acknowledged is in no further message, and the others are', async () => {
  const { mail, bridge, pass } = await opened()
  await begin(bridge, 3)
  await pass(1)
  await pass(600)
  const left = await acknowledgeOne(bridge)
  await pass(300)
  expect(messagesTo(mail, 'second@example.com')).toEqual([titles(3), left])
})

/** Returns the titles of the others. */
async function acknowledgeOne(bridge: ClockedBridge): Promise<string[]> {
  await bridge.acknowledge()
  const incidents = await bridge.service.core.store.listIncidents({ isOpen: true })
  return incidents.flatMap(({ state, title }) => (state === 'open' ? title : [])).toSorted()
}

test('a message about several incidents that failed is sent again without those that were acknowledged meanwhile', async () => {
  const { mail, bridge, pass, clock } = await opened()
  await begin(bridge, 3)
  await pass(1)
  mail.answer = failing
  clock.ms += 600_000
  const tries = () => mail.tries.filter(({ recipient }) => recipient === 'second@example.com')
  await eventually('an attempt', () => {
    clock.ms += 100
    bridge.service.core.wake()
    return tries().length > 0
  })
  const left = await acknowledgeOne(bridge)
  mail.answer = () => ({ kind: 'delivered' })
  await pass(60)
  expect(messagesTo(mail, 'second@example.com')).toEqual([left])
  // a receiver that compares ids must not take it for the one about three
  const [first, last] = [tries()[0]!, tries().at(-1)!]
  expect([titlesOf(first.notice).length, titlesOf(last.notice).length, first.id === last.id]).toEqual([3, 2, false])
})

test('an incident that is acknowledged, or ends, while its step waits for a further message is not in it', async () => {
  const { mail, bridge, pass, clock } = await opened({ escalation: [step(0, { recipients: ['first@example.com'] })] })
  const { core } = bridge.service
  await begin(bridge, 1)
  await pass(1)
  for (const title of ['Acknowledged', 'Ended', 'Left', 'Left too']) {
    await core.acceptGroup(firing({ name: title, severity: 'critical' }) as never)
  }
  const waiting = async (): Promise<boolean> => {
    core.wake()
    const pending = (await core.store.list({ state: 'pending' })).filter(({ kind }) => kind === 'escalation')
    return pending.length === 4 && pending.every(({ dueAt }) => dueAt > clock.ms)
  }
  await eventually('the steps to wait for each other', waiting)
  clock.ms += deliveryTimes.stepWaitMs
  await eventually('the steps to wait for the next message', waiting)
  const taken = (await core.store.listIncidents({})).find(({ title }) => title === 'Acknowledged')
  await core.store.changeIncident(taken!.key, clock.ms, () => ({ set: { state: 'acknowledged', acknowledgedAt: clock.ms } }))
  await core.acceptGroup(resolved({ name: 'Ended', severity: 'critical' }) as never)
  await pass(15)
  expect(messagesTo(mail, 'first@example.com')).toEqual([['Alert1'], ['Left', 'Left too']])
})

test('incidents that begin one after the other are few messages, none 10 s after its step is due', async () => {
  const { mail, bridge, pass, clock } = await opened({ escalation: [step(0, { recipients: ['first@example.com'] })] })
  const { core } = bridge.service
  const begunAt = new Map<string, number>()
  const delays: number[] = []
  mail.answer = ({ notice }) => {
    if (notice.kind === 'escalation') for (const title of titlesOf(notice)) delays.push(clock.ms - begunAt.get(title)!)
    return { kind: 'delivered' }
  }
  for (let second = 1; second <= 60; second += 1) {
    begunAt.set(`Alert${second}`, clock.ms)
    await core.acceptGroup(firing({ name: `Alert${second}`, severity: 'critical' }) as never)
    await eventually('all that is due to be done', async () => {
      core.wake()
      const isStepLeft = ((await core.store.nextStepAt()) ?? Number.POSITIVE_INFINITY) <= clock.ms
      return !isStepLeft && (await core.store.list({ state: 'pending' })).every(({ dueAt }) => dueAt > clock.ms)
    })
    clock.ms += 1_000
  }
  await pass(0)
  expect(messagesTo(mail, 'first@example.com').flat().toSorted()).toEqual([...begunAt.keys()].toSorted())
  expect(messagesTo(mail, 'first@example.com').length).toBeLessThanOrEqual(16)
  expect(Math.max(...delays)).toBeLessThan(10_000)
})

test('a channel with incidents of its own receives a message for each incident', async () => {
  const { mail, bridge, pass } = await opened({ hasIncidents: true })
  await begin(bridge, 3)
  await pass(1)
  await pass(600)
  expect(messagesTo(mail, 'second@example.com').flat().toSorted()).toEqual(titles(3))
  expect(messagesTo(mail, 'second@example.com')).toHaveLength(3)
})

test('the message lists 20 incidents and the number of the others, with links to acknowledge and to the list', async () => {
  const { mail, bridge, pass } = await opened()
  await begin(bridge, 50)
  await pass(1)
  await pass(600)
  const notice = mail.delivered.at(-1)!.notice
  const secrets = [new Secret('an-example-secret-of-32-characters')]
  const links = { publicUrl: 'https://bridge.example.com', secrets, hasList: true, canSilence: true, lifeMs: 3_600_000 }
  const acting = withActions(notice, links, 0)
  const { subject, text } = plainText(acting)
  expect(subject).toMatch(/^\[UNACKNOWLEDGED CRITICAL\] 50 incidents: Alert\d+, Alert\d+, Alert\d+ and 47 more$/)
  expect(text).toContain('No one has acknowledged these 50 incidents. Step 2 of 2: second@example.com.')
  expect(text).toMatch(/^- \(20\) Alert\d+: planner - critical since/m)
  expect(text).not.toContain('(21)')
  expect(text).toContain('+30 more')
  const shown = noticeLinks(acting)
  expect(shown).toContainEqual({ name: 'List of incidents', url: 'https://bridge.example.com/' })
  const acknowledge = shown.filter(({ name }) => name.startsWith('Acknowledge'))
  expect(acknowledge.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `Acknowledge ${number}`))
  expect(acknowledge.map(({ url }) => readActionToken(url.replace(/^.*\/ack\//, ''), 'ack', { secrets, now: 0 }))).toEqual(
    notice.incidents!.slice(0, 6).map(({ incidentKey }) => expect.objectContaining({ text: incidentKey })),
  )
})
