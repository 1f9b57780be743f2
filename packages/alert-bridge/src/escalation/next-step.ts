import type { EscalationStep, Severity } from '@swarmwatch/config'

/** The step of an incident that is due next, or that was due last. */
export interface StepPosition {
  /** Index of the step in the settings. */
  readonly step: number
  /** How often the step was sent again. */
  readonly round: number
}

/** A step and its time, in milliseconds since 1970. */
export interface DueStep extends StepPosition {
  readonly dueAt: number
}

/** The properties of an incident on which its steps depend. */
export interface EscalatedIncident {
  readonly severity: Severity
  /** When it began, or began again after a silence. */
  readonly openedAt: number
}

/** Decision about the step at a position, at a moment. */
export type StepDecision =
  /** Send the step; `next` follows. */
  | { readonly kind: 'send'; readonly step: number; readonly round: number; readonly next: DueStep | undefined }
  /** Look again at `next.dueAt`: the step at the position is not for this severity, or the settings have changed. */
  | { readonly kind: 'wait'; readonly next: DueStep }
  /** No step is left. */
  | { readonly kind: 'done' }

/** The first step of an incident; undefined if none is for its severity. */
export function firstStep(steps: readonly EscalationStep[], incident: EscalatedIncident): DueStep | undefined {
  return stepFrom(steps, 0, incident)
}

/** Decides about the step at a position that is due. No step is left out, however late it is; repetitions that were missed are. */
export function decideStep(
  steps: readonly EscalationStep[],
  incident: EscalatedIncident,
  { step, round }: StepPosition,
  now: number,
): StepDecision {
  const current = stepFrom(steps, step, incident)
  if (current === undefined) return { kind: 'done' }
  // the repetitions of a step belong to it alone
  if (current.step !== step && current.dueAt > now) return { kind: 'wait', next: current }
  const sent = { step: current.step, round: current.step === step ? round : 0 }
  return { kind: 'send', ...sent, next: stepAfter(steps, incident, sent, now) }
}

/** When an incident must have begun for the step at a position to be due at `dueAt`. */
export function beginFor(
  steps: readonly EscalationStep[],
  { severity }: Pick<EscalatedIncident, 'severity'>,
  { step, round, dueAt }: DueStep,
): number {
  const offset = stepFrom(steps, step, { severity, openedAt: 0 })?.dueAt ?? 0
  return dueAt - offset - Math.round(round * (steps[step]?.repeatSeconds ?? 0) * 1000)
}

/** The repetition of a step, or the step after it, whichever is first. */
function stepAfter(
  steps: readonly EscalationStep[],
  incident: EscalatedIncident,
  { step, round }: StepPosition,
  now: number,
): DueStep | undefined {
  const following = stepFrom(steps, step + 1, incident)
  const { afterSeconds, repeatSeconds } = steps[step]!
  if (repeatSeconds === undefined) return following
  const begin = incident.openedAt + afterSeconds * 1000
  const missed = Math.floor((now - begin) / (repeatSeconds * 1000))
  const next = Math.max(round, missed) + 1
  const repetition = { step, round: next, dueAt: Math.round(begin + next * repeatSeconds * 1000) }
  return following === undefined || repetition.dueAt < following.dueAt ? repetition : following
}

/** The first step at or after an index that is for the severity of the incident. */
function stepFrom(
  steps: readonly EscalationStep[],
  index: number,
  { severity, openedAt }: EscalatedIncident,
): DueStep | undefined {
  const found = steps.findIndex(({ severities }, at) => at >= index && severities.includes(severity))
  const step = steps[found]
  return step && { step: found, round: 0, dueAt: Math.round(openedAt + step.afterSeconds * 1000) }
}
