import { type ChannelType, type EscalationStep, type OnCallPerson, type Rotation, typeOfAddress } from '@swarmwatch/config'

import type { Calendars } from '../on-call/calendars.ts'
import { whoIsOnCall } from '../on-call/who-is-on-call.ts'
import type { Recipient } from '../outbox/store.ts'
import { fallbackRecipients, type RoutedChannel } from '../routing.ts'

/** Whom a step notifies. */
export interface StepTargets {
  readonly recipients: readonly Recipient[]
  /** Ids of users and user groups to mention in messages of Slack. */
  readonly mentions: readonly string[]
  /** For messages: `Ada (on call, first-line)`, `channel slack`. */
  readonly who: string
  /** Why the step goes to other recipients than those of the settings, or not to all of them; a sentence without a full stop. */
  readonly problem?: string
}

/** Options for {@link stepTargets}. */
export interface StepTargetOptions {
  readonly channels: readonly RoutedChannel[]
  readonly rotations: readonly Rotation[]
  readonly calendars: Calendars
  readonly now: number
}

/**
 * Finds out whom a step notifies. A step that would reach no one goes to the channels for its severities and to the fallback channels.
 * Never rejects.
 */
export async function stepTargets(step: EscalationStep, options: StepTargetOptions): Promise<StepTargets> {
  const { channels } = options
  const wanted = await wantedTargets(step, options)
  const found = [
    ...wanted.channels.flatMap((name) => channels.filter(({ channel }) => channel.name === name).flatMap(recipientsOf)),
    ...wanted.addresses.flatMap((address) => recipientsAt(address, channels)),
  ]
  const mentions = wanted.addresses.flatMap((address) =>
    typeOfAddress(address) === 'slack' && channels.some(({ type }) => type === 'slack') ? address.slice('slack:'.length) : [],
  )
  const unserved = wanted.addresses.filter((address) => recipientsAt(address, channels).length === 0)
  const missing = wanted.channels.filter((name) => !channels.some(({ channel }) => channel.name === name))
  const problems = [
    ...(wanted.problem === undefined ? [] : [wanted.problem]),
    ...unserved.map((address) => `no channel serves ${address}`),
    ...missing.map((name) => `the channel ${name} is off`),
  ]
  const problem = problems.length === 0 ? {} : { problem: problems.join('; ') }
  if (found.length > 0) return { recipients: distinct(found), mentions: [...new Set(mentions)], who: wanted.who, ...problem }
  return { recipients: lastChance(step, channels), mentions: [], who: 'all channels', ...problem }
}

interface WantedTargets {
  readonly channels: readonly string[]
  readonly addresses: readonly string[]
  readonly who: string
  readonly problem?: string
}

async function wantedTargets(
  { channels, recipients, rotation: name }: EscalationStep,
  { rotations, calendars, now }: StepTargetOptions,
): Promise<WantedTargets> {
  if (channels.length > 0) return { channels, addresses: [], who: `channel ${channels.join(', ')}` }
  if (name === undefined) return { channels: [], addresses: recipients, who: recipients.join(', ') }
  const rotation = rotations.find((one) => one.name === name)
  const people = rotation === undefined ? [] : (await whoIsOnCall(rotation, now, calendars)).now.people
  const who = `${people.map((person) => person.name).join(' and ')} (on call, ${name})`
  const addresses = people.flatMap((person: OnCallPerson) => person.recipients)
  return { channels: [], addresses, who, ...(people.length === 0 && { problem: `no one is on call in rotation ${name}` }) }
}

/** The recipient that the first channel of the type of an address notifies; a mention goes to the whole channel. */
function recipientsAt(address: string, channels: readonly RoutedChannel[]): Recipient[] {
  const type: ChannelType | undefined = typeOfAddress(address)
  const served = channels.find((one) => one.type === type)
  if (served === undefined) return []
  return type === 'slack' ? recipientsOf(served) : [{ channel: served.channel.name, recipient: address }]
}

function lastChance({ severities }: EscalationStep, channels: readonly RoutedChannel[]): Recipient[] {
  const listed = channels.filter((one) => one.severities.some((severity) => severities.includes(severity))).flatMap(recipientsOf)
  return [...listed, ...fallbackRecipients(channels, listed)]
}

function recipientsOf({ channel }: RoutedChannel): Recipient[] {
  return channel.recipients.map((recipient) => ({ channel: channel.name, recipient }))
}

function distinct(recipients: readonly Recipient[]): Recipient[] {
  return [...new Map(recipients.map((one) => [JSON.stringify([one.channel, one.recipient]), one])).values()]
}
