import type { EscalationStep } from '@swarmwatch/config'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { decideStep, firstStep, type DueStep } from '../../src/escalation/next-step.ts'

function step(afterSeconds: number, more: Partial<EscalationStep> = {}): EscalationStep {
  const nothing = { channels: [], recipients: [], rotation: undefined, repeatSeconds: undefined }
  return { afterSeconds, severities: ['critical'], ...nothing, ...more }
}

const critical = { severity: 'critical', openedAt: 1_000_000 } as const

/** The steps of an incident with their times, when the bridge looks exactly when a step is due, up to a time. */
function walk(steps: readonly EscalationStep[], incident: Parameters<typeof firstStep>[1], untilSeconds: number): string[] {
  const sent: string[] = []
  let due: DueStep | undefined = firstStep(steps, incident)
  while (due !== undefined && due.dueAt <= incident.openedAt + untilSeconds * 1000) {
    const decision = decideStep(steps, incident, due, due.dueAt)
    if (decision.kind === 'done') break
    if (decision.kind === 'send') {
      sent.push(`${decision.step}.${decision.round} at ${(due.dueAt - incident.openedAt) / 1000}`)
    }
    due = decision.next
  }
  return sent
}

test('each step is sent at its time, and repeated until the next one begins', () => {
  const steps = [step(0, { repeatSeconds: 120 }), step(300), step(600, { repeatSeconds: 300 })]
  expect(walk(steps, critical, 1_300)).toEqual([
    '0.0 at 0',
    '0.1 at 120',
    '0.2 at 240',
    '1.0 at 300',
    '2.0 at 600',
    '2.1 at 900',
    '2.2 at 1200',
  ])
})

test('a repetition that falls on the next step is left out', () => {
  expect(walk([step(0, { repeatSeconds: 60 }), step(60)], critical, 600)).toEqual(['0.0 at 0', '1.0 at 60'])
})

test('an alert runs only through the steps for its severity', () => {
  const steps = [step(0), step(60, { severities: ['critical', 'warning'] }), step(120)]
  expect(walk(steps, { ...critical, severity: 'warning' }, 600)).toEqual(['1.0 at 60'])
  expect(firstStep(steps, { ...critical, severity: 'info' })).toBeUndefined()
})

test('a bridge that was down sends every step that it missed, but a repetition only once', () => {
  const steps = [step(0), step(60, { repeatSeconds: 10 }), step(3_600)]
  const late = critical.openedAt + 205_000
  const first = decideStep(steps, critical, { step: 0, round: 0 }, late)
  expect(first).toEqual({ kind: 'send', step: 0, round: 0, next: { step: 1, round: 0, dueAt: critical.openedAt + 60_000 } })
  expect(decideStep(steps, critical, { step: 1, round: 0 }, late)).toEqual({
    kind: 'send',
    step: 1,
    round: 0,
    next: { step: 1, round: 15, dueAt: critical.openedAt + 210_000 },
  })
})

test('an incident whose step was removed from the settings has no step left', () => {
  expect(decideStep([step(0)], critical, { step: 1, round: 0 }, critical.openedAt + 60_000)).toEqual({ kind: 'done' })
})

test('an alert whose severity changed waits for its next step', () => {
  const steps = [step(0, { severities: ['warning'] }), step(60)]
  expect(decideStep(steps, critical, { step: 0, round: 0 }, critical.openedAt + 1_000)).toEqual({
    kind: 'wait',
    next: { step: 1, round: 0, dueAt: critical.openedAt + 60_000 },
  })
})

const policies = fc
  .array(fc.record({ gap: fc.nat({ max: 900 }), repeat: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => {
    let after = 0
    return parts.map(({ gap, repeat }) => step((after += gap), { repeatSeconds: repeat }))
  })

propertyTest.prop([policies, fc.array(fc.nat({ max: 400_000 }), { maxLength: 30 })], { numRuns: 300 })(
  'whenever the bridge looks, steps are sent in order, never early, none twice, and none is left out',
  (steps, pauses) => {
    const sent: DueStep[] = []
    let due = firstStep(steps, critical)
    let now: number = critical.openedAt
    for (const pause of pauses) {
      now += pause
      while (due !== undefined && due.dueAt <= now) {
        const decision = decideStep(steps, critical, due, now)
        if (decision.kind !== 'send') throw new Error('a due step must be sent')
        sent.push(due)
        expect(decision.next === undefined || decision.next.dueAt > due.dueAt || decision.next.step > due.step).toBe(true)
        due = decision.next
      }
    }
    const begun = [...new Set(sent.map((one) => one.step))]
    // a step that is due is sent, unless a repetition before it could not have been
    expect(begun).toEqual(
      steps.flatMap(({ afterSeconds }, index) =>
        critical.openedAt + afterSeconds * 1000 <= now && pauses.length > 0 ? [index] : [],
      ),
    )
    expect(new Set(sent.map(({ step: index, round }) => `${index}.${round}`)).size).toBe(sent.length)
  },
)
