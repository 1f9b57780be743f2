import { severities, type Severity } from './channels/channel-definition.ts'
import { addressRule, typeOfAddress } from './channels/channel-types.ts'
import type { Rotation } from './rotations.ts'
import { fileKeyOf, type ListShape, type Shape, type ShapeProblem, type Spelling } from './shape.ts'
import { interval, oneLine, oneOf, seconds, type ValueRule } from './value-rule.ts'

/** One step of the escalation of an alert that no one acknowledges. Exactly one of `channels`, `recipients` and `rotation` is set. */
export interface EscalationStep {
  /** Seconds from the beginning of the incident to the step. File: `after`. */
  readonly afterSeconds: number
  /** Names of channels. @default [] */
  readonly channels: readonly string[]
  /** Addresses: of mail, phone numbers, or `slack:` and an id. @default [] */
  readonly recipients: readonly string[]
  /** Name of the rotation whose on-call engineer is notified. @default none */
  readonly rotation: string | undefined
  /** Seconds between two repetitions, which end when the next step begins. File: `repeat`. @default undefined: no repetition */
  readonly repeatSeconds: number | undefined
  /** Severities of the alerts that the step is for. @default ['critical'] */
  readonly severities: readonly Severity[]
}

/** A step as code defines it. */
export type CodeEscalationStep = Pick<EscalationStep, 'afterSeconds'> & {
  readonly [Key in Exclude<keyof EscalationStep, 'afterSeconds'>]?: EscalationStep[Key] | undefined
}

/** The shape of `alerts.escalation`. */
export const escalationList: ListShape = {
  kind: 'list',
  items: {
    kind: 'section',
    keys: {
      afterSeconds: value(
        seconds,
        'Seconds from the beginning of the incident to the step, at least those of the step before.',
        true,
      ),
      channels: list(oneLine, 'must be a list of names of channels', 'Names of channels: all their recipients are notified.'),
      recipients: list(
        addressRule,
        'must be a list of addresses',
        'Mail addresses, phone numbers such as +491701234567, or slack: and the id of a user or user group, such as slack:U012AB3CD.',
      ),
      rotation: value(oneLine, 'Name of a rotation: the engineer who is on call at that moment is notified.'),
      repeatSeconds: value(
        interval,
        'Seconds after which the step is sent again, until the next step begins; the last step until someone acknowledges.',
      ),
      severities: {
        ...list(oneOf(severities), 'must be a list of severities', 'Severities of the alerts that the step is for.'),
        notEmptyRule: 'must have at least one severity',
        default: ['critical'],
      },
    },
  },
  rule: 'must be a list of steps',
}

function value(rule: ValueRule<unknown>, about: string, isRequired = false): Shape {
  return { kind: 'value', rule, about, isRequired }
}

function list(items: ValueRule<unknown>, rule: string, about: string): ListShape {
  return { kind: 'list', items: { kind: 'value', rule: items }, rule, about, notEmptyRule: 'must not be empty' }
}

/** Reports steps without exactly one target, in the wrong order, or with an unknown rotation. `steps` and `rotations` are unchecked. */
export function checkEscalationEntries(
  steps: unknown,
  rotations: unknown,
  spelling: Spelling,
  report: (finding: ShapeProblem) => void,
): void {
  const names = namesOf(rotations)
  const afterKey = spelling === 'file' ? fileKeyOf('afterSeconds') : 'afterSeconds'
  let before = 0
  for (const [index, step] of Array.isArray(steps) ? steps.entries() : []) {
    if (typeof step !== 'object' || step === null) continue
    const written = step as Record<string, unknown>
    const path = ['alerts', 'escalation', index]
    const targets = ['channels', 'recipients', 'rotation'].filter((key) => written[key] !== undefined)
    if (targets.length !== 1) {
      const found = targets.length === 0 ? 'none' : targets.join(' and ')
      const rule = `must have exactly one of channels, recipients and rotation, and has ${found}`
      report({ path, rule, value: undefined, isSecret: false })
    }
    const after = written[afterKey]
    if (typeof after === 'number') {
      const rule = `must be at least that of the step before (${before})`
      if (after < before) report({ path: [...path, afterKey], rule, value: after, isSecret: false })
      before = Math.max(before, after)
    }
    const { rotation } = written
    if (typeof rotation === 'string' && !names.includes(rotation)) {
      const rule = `must be the name of one of alerts.rotations${names.length === 0 ? ', which has none' : ` (${names.join(', ')})`}`
      report({ path: [...path, 'rotation'], rule, value: rotation, isSecret: false })
    }
  }
}

function namesOf(entries: unknown): string[] {
  const list = Array.isArray(entries) ? (entries as readonly ({ readonly name?: unknown } | null)[]) : []
  return list.flatMap((entry) => (typeof entry?.name === 'string' ? entry.name : []))
}

/** Steps after the check of their shape, completed with defaults. */
export function completeSteps(steps: unknown): EscalationStep[] {
  return ((steps ?? []) as readonly (CodeEscalationStep | undefined)[]).flatMap((step) =>
    step === undefined
      ? []
      : {
          afterSeconds: step.afterSeconds,
          channels: step.channels ?? [],
          recipients: step.recipients ?? [],
          rotation: step.rotation,
          repeatSeconds: step.repeatSeconds,
          severities: step.severities ?? ['critical'],
        },
  )
}

/** A channel that steps may name: one that is on, or one that is off. */
interface NamedChannel {
  readonly name: string
  readonly type: string
}

/** Something that keeps a step from reaching its recipients. */
export interface UnreachableTarget {
  /** Keys below `alerts`. */
  readonly path: readonly PropertyKey[]
  readonly value: string
  /** Whether it can only be a mistake in the settings; otherwise a channel is off in this environment. */
  readonly isMistake: boolean
  /** The rest of a sentence. */
  readonly rule: string
}

/** The channels and addresses of steps and rotations that no channel serves. */
export function unreachableTargets(
  steps: readonly EscalationStep[],
  rotations: readonly Rotation[],
  { on, off }: { readonly on: readonly NamedChannel[]; readonly off: readonly NamedChannel[] },
): UnreachableTarget[] {
  const known = [...on, ...off].map(({ name }) => name)

  function channelProblem(path: readonly PropertyKey[], value: string): UnreachableTarget[] {
    if (on.some(({ name }) => name === value)) return []
    return off.some(({ name }) => name === value)
      ? [{ path, value, isMistake: false, rule: 'reaches no one, because this channel is off' }]
      : [{ path, value, isMistake: true, rule: `must be the name of a channel (${known.join(', ') || 'there is none'})` }]
  }

  function addressProblem(path: readonly PropertyKey[], value: string): UnreachableTarget[] {
    const type = typeOfAddress(value)
    if (on.some((channel) => channel.type === type)) return []
    return [{ path, value, isMistake: false, rule: `reaches no one, because no channel of type ${type} is on` }]
  }

  return [
    ...steps.flatMap(({ channels, recipients }, step) => [
      ...channels.flatMap((name, index) => channelProblem(['escalation', step, 'channels', index], name)),
      ...recipients.flatMap((address, index) => addressProblem(['escalation', step, 'recipients', index], address)),
    ]),
    ...rotations.flatMap(({ people }, rotation) =>
      people.flatMap(({ recipients }, person) =>
        recipients.flatMap((address, index) =>
          addressProblem(['rotations', rotation, 'people', person, 'recipients', index], address),
        ),
      ),
    ),
  ]
}
