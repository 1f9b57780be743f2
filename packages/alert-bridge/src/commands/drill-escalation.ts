import { randomUUID } from 'node:crypto'

import { asciiOnly } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import { sendDelivery } from '../deliveries/attempt.ts'
import type { EscalationPolicy } from '../escalation/run-escalation.ts'
import { stepTargets } from '../escalation/step-targets.ts'
import type { Notice } from '../message/notice.ts'
import { type Calendars, openCalendars } from '../on-call/calendars.ts'
import type { ClaimedDelivery, Recipient } from '../outbox/store.ts'
import type { RoutedChannel } from '../routing.ts'
import { table } from './table.ts'

/** Options for {@link drillEscalation}. */
export interface EscalationDrillOptions extends EscalationPolicy {
  readonly channels: readonly RoutedChannel[]
  readonly write: (line: string) => void
  /** Writes one JSON document in place of a table. @default false */
  readonly json?: boolean
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
  /** @default calendars that are fetched now, by direct connections */
  readonly calendars?: Calendars
  /** Maximum time for one message. @default 30 s */
  readonly timeoutMs?: number
}

/**
 * Sends a message marked as a test to the people of each step of the escalation, one step after the other without its wait. Prints what
 * each step reached; returns the exit code: 1 if a step reached no one, or not all of its people.
 */
export async function drillEscalation(options: EscalationDrillOptions): Promise<ExitCode> {
  const { steps, rotations, channels, write, json = false, now = Date.now, timeoutMs = 30_000 } = options
  const calendars = options.calendars ?? openCalendars({ now })
  const results: StepResult[] = []
  const problems = steps.length === 0 ? ['there are no steps: set alerts.escalation in config/production.yaml'] : []
  for (const [index, step] of steps.entries()) {
    const { recipients, mentions, who, problem } = await stepTargets(step, { channels, rotations, calendars, now: now() })
    const number = index + 1
    if (problem !== undefined) problems.push(`step ${number}: ${problem}; notified ${who}`)
    const notice = drillNotice({ number, of: steps.length, who, mentions }, now())
    for (const to of recipients) {
      results.push({ step: number, afterSeconds: step.afterSeconds, who, ...(await sent(to, notice)) })
    }
    if (recipients.length === 0) problems.push(`step ${number} reaches no one`)
  }

  async function sent(to: Recipient, notice: Notice): Promise<Recipient & Pick<StepResult, 'result' | 'latencyMs' | 'reason'>> {
    const { channel } = channels.find((one) => one.channel.name === to.channel)!
    const startedAt = performance.now()
    const delivery = { id: randomUUID(), recipient: to.recipient, notice, mayHaveArrived: false } as ClaimedDelivery
    const answer = await sendDelivery(channel, delivery, { deadlineMs: timeoutMs, stop: new AbortController().signal })
    const latencyMs = Math.round(performance.now() - startedAt)
    if (answer.kind === 'delivered') return { ...to, result: 'delivered', latencyMs, reason: '' }
    return { ...to, result: answer.kind === 'undeliverable' ? 'undeliverable' : 'failed', latencyMs: null, reason: answer.reason }
  }

  await Promise.all(channels.map(({ channel }) => channel.close()))
  const reached = steps.filter((_, index) =>
    results.some(({ step, result }) => step === index + 1 && result === 'delivered'),
  ).length
  if (json) write(asJson({ deliveries: results, reached, steps: steps.length, problems }))
  else {
    if (results.length > 0) write(table([head, ...results.map(rowOf)]))
    for (const problem of problems) write(asciiOnly(`warning: ${problem}`))
    write(`${reached} of ${steps.length} steps reached someone`)
  }
  const areAllDelivered = results.every(({ result }) => result === 'delivered')
  return problems.length === 0 && areAllDelivered && reached === steps.length ? 0 : 1
}

interface StepResult extends Recipient {
  readonly step: number
  readonly afterSeconds: number
  readonly who: string
  readonly result: 'delivered' | 'undeliverable' | 'failed'
  readonly latencyMs: number | null
  readonly reason: string
}

const head = ['step', 'after', 'who', 'channel', 'recipient', 'result', 'latency', 'reason']

function rowOf({ step, afterSeconds, who, channel, recipient, result, latencyMs, reason }: StepResult): string[] {
  const latency = latencyMs === null ? '-' : `${latencyMs} ms`
  return [`${step}`, `${afterSeconds} s`, who, channel, recipient, result, latency, reason].map(asciiOnly)
}

interface DrilledStep {
  readonly number: number
  readonly of: number
  readonly who: string
  readonly mentions: readonly string[]
}

function drillNotice({ number, of, who, mentions }: DrilledStep, at: number): Notice {
  return {
    kind: 'drill',
    severity: 'critical',
    incidentKey: `drill:${randomUUID()}`,
    title: `This is a test of step ${number} of ${of} of the escalation`,
    text: `Nothing is wrong. The command "alert-bridge drill --escalation" sent this message to ${who}; if you can read it, this step works.`,
    escalation: { number, of, round: 0, who, before: [], ...(mentions.length > 0 && { mentions }) },
    alerts: [],
    startedAt: new Date(at).toISOString(),
  }
}
