import { type AlertRule, checkRuleEntries, type CodeRule, overlayRules, ruleList } from '../alert-rules.ts'
import { type AlertChannel, codeChannels } from '../channels/channel-types.ts'
import { checkChannelEntries, type OffChannel, readChannels } from '../channels/read-channels.ts'
import { checkEscalationEntries, completeSteps, type EscalationStep, escalationList, unreachableTargets } from '../escalation.ts'
import type { Detail } from '../file/settings-document.ts'
import { checkTemplates } from '../message-template.ts'
import { type Problem, shownPath, shownValue } from '../problem.ts'
import { checkRotationEntries, completeRotations, type Rotation, rotationList } from '../rotations.ts'
import type { Secret } from '../secret.ts'
import { checkShape, type ShapeProblem } from '../shape.ts'
import { basicAuthUser, oneOf, openUrl, secretText, text, timeZone } from '../value-rule.ts'
import { checkedCode, type Origin, prefixed, resolveSettings, type Settings, type Sources } from './setting.ts'

/** The alert rules and the recipients of alerts. */
export interface AlertSettings {
  /** Whether rules are evaluated in the process; `auto`: unless metrics are exported by OTLP. File: `alerts.in_process`. @default 'auto' */
  readonly inProcess: 'auto' | 'on' | 'off'
  /**
   * How the metrics store keeps histograms. Rule files and dashboards are generated for it; rules in the process are the same for both.
   * File: `alerts.histograms`. @default 'native'
   */
  readonly histograms: 'native' | 'classic'
  /** In-process alerts are sent to this Alertmanager; `ALERTMANAGER_URL`. @default none */
  readonly alertmanagerUrl: string | undefined
  /** User at that Alertmanager; `ALERTMANAGER_USER`. @default 'swarmwatch' */
  readonly alertmanagerUser: string
  /** Password at that Alertmanager; `ALERTMANAGER_PASSWORD` or `ALERTMANAGER_PASSWORD_FILE`. @default no authentication */
  readonly alertmanagerPassword: Secret | undefined
  /** In-process alerts link to `<runbooksUrl>/<alert>.md`; `RUNBOOKS_URL`. @default none */
  readonly runbooksUrl: string | undefined
  /** Time zone of the times in messages. File: `alerts.time_zone`. @default 'UTC' */
  readonly timeZone: string
  /** Title of messages about alerts, as a template. File: `alerts.templates.title`. @default none: alert and affected names */
  readonly titleTemplate: string | undefined
  /** Text of messages about alerts that fire, as a template. File: `alerts.templates.firing`. @default none: the annotations */
  readonly firingTemplate: string | undefined
  /** Text of messages about resolved alerts, as a template. File: `alerts.templates.resolved`. @default none */
  readonly resolvedTemplate: string | undefined
  /** Channels that have a target; one without is listed in `offChannels`. @default [] */
  readonly channels: readonly AlertChannel[]
  /** The default rules; rules of the file replace those of the same name. */
  readonly rules: readonly AlertRule[]
  /** Whom the bridge notifies when no one acknowledges an alert, and when. File: `alerts.escalation`. @default [] */
  readonly escalation: readonly EscalationStep[]
  /** The people who are on call, and when. File: `alerts.rotations`. @default [] */
  readonly rotations: readonly Rotation[]
}

const oneLineTemplate = text('must be one line of at most 300 characters', (line) => /^[^\r\n]{1,300}$/.test(line))
const textTemplate = text('must be text of at most 2000 characters', (given) => given.trim() !== '' && given.length <= 2_000)

/** `alerts`, without its lists. */
export const alertSettings: Settings<Omit<AlertSettings, 'channels' | 'rules' | 'escalation' | 'rotations'>> = {
  inProcess: {
    about:
      'Whether the process evaluates the alert rules: on, off, or auto, which leaves them to Prometheus if metrics are exported by OTLP.',
    fileKey: 'alerts.in_process',
    value: oneOf(['auto', 'on', 'off']),
    example: 'on',
    default: 'auto',
  },
  timeZone: {
    about: 'Time zone of the times in messages, such as Europe/Berlin.',
    fileKey: 'alerts.time_zone',
    value: timeZone,
    example: 'Europe/Berlin',
    default: 'UTC',
  },
  titleTemplate: {
    about: 'Title of messages about alerts, as a template. By default the alert and the affected agents or things.',
    fileKey: 'alerts.templates.title',
    value: oneLineTemplate,
    example: '{{ severity }}: {{ title }}',
    default: undefined,
  },
  firingTemplate: {
    about: 'Text of messages about alerts that fire, as a template. By default their annotations.',
    fileKey: 'alerts.templates.firing',
    value: textTemplate,
    example: '{{ summary }} (since {{ since }})',
    default: undefined,
  },
  resolvedTemplate: {
    about: 'Text of messages about resolved alerts, as a template. By default how long it lasted, and what was wrong.',
    fileKey: 'alerts.templates.resolved',
    value: textTemplate,
    example: 'It lasted {{ lasted }}.',
    default: undefined,
  },
  histograms: {
    about:
      'How the metrics store keeps histograms, for the rule files and dashboards that `pnpm mixin` makes: native, or classic for a store without native histograms, such as VictoriaMetrics.',
    fileKey: 'alerts.histograms',
    value: oneOf(['native', 'classic']),
    example: 'classic',
    default: 'native',
  },
  alertmanagerUrl: {
    about: 'Alertmanager that in-process alerts are sent to.',
    variable: 'ALERTMANAGER_URL',
    value: openUrl,
    example: 'http://alertmanager.internal:9093',
    default: undefined,
  },
  alertmanagerUser: {
    about: 'User at that Alertmanager (basic authentication).',
    variable: 'ALERTMANAGER_USER',
    value: basicAuthUser,
    example: 'agents',
    default: 'swarmwatch',
  },
  alertmanagerPassword: {
    about: 'Password at that Alertmanager; without one, requests carry no authentication.',
    variable: 'ALERTMANAGER_PASSWORD',
    value: secretText,
    example: '/run/secrets/alertmanager_password',
    default: undefined,
  },
  runbooksUrl: {
    about: 'Address of the folder docs/runbooks. In-process alerts link to the page with their name in it.',
    variable: 'RUNBOOKS_URL',
    value: openUrl,
    example: 'https://wiki.example.com/runbooks',
    default: undefined,
  },
}

/** The alert settings and the origin of each, by its path. */
export interface ResolvedAlerts {
  readonly values: AlertSettings
  readonly origins: Readonly<Record<string, Origin>>
}

/** Channels and rules of code and of the file, completed from variables and defaults. A channel that is off gets a line in `offChannels`. */
export function resolveAlerts(
  file: { readonly name: string | undefined; readonly details: ReadonlyMap<string, Detail> },
  sources: Sources,
  code: unknown,
  offChannels: OffChannel[],
): ResolvedAlerts {
  const keys = [...Object.keys(alertSettings), 'channels', 'rules', 'escalation', 'rotations']
  const {
    channels: givenChannels,
    rules: givenRules,
    escalation: givenSteps,
    rotations: givenRotations,
    ...given
  } = checkedCode('alerts', keys, code, sources.problems)
  const inCode = readCodeAlerts(givenChannels, givenRules, given, sources.problems)
  const single = resolveSettings('alerts', alertSettings, sources, given)
  if (single.values.alertmanagerPassword === undefined && single.origins.alertmanagerUser !== 'default') {
    const path = single.origins.alertmanagerUser === 'code' ? 'alerts.alertmanagerUser' : 'ALERTMANAGER_USER'
    sources.problems.push({ path, rule: 'needs ALERTMANAGER_PASSWORD or ALERTMANAGER_PASSWORD_FILE as well' })
  }
  const list = {
    entries: inCode.channels ?? ((sources.fromFile('alerts.channels') ?? []) as readonly unknown[]),
    spelling: inCode.channels === undefined ? ('file' as const) : ('code' as const),
    listedIn: inCode.channels === undefined ? (file.name ?? '') : 'code',
    details: inCode.channels === undefined ? file.details : new Map<string, never>(),
  }
  const channels = readChannels(list, sources, offChannels)
  const policy = readPolicy(
    { steps: givenSteps, rotations: givenRotations },
    { zone: single.values.timeZone, on: channels.map(({ channel }) => channel), file, sources, offChannels },
  )
  const rules = overlayRules(inCode.rules, file.name, validRules(sources.fromFile('alerts.rules')))
  return {
    values: {
      ...single.values,
      channels: channels.map(({ channel }) => channel),
      rules: rules.map(({ rule }) => rule),
      escalation: policy.steps,
      rotations: policy.rotations,
    },
    origins: Object.assign(
      prefixed('alerts', { ...single.origins, ...policy.origins }),
      ...channels.map(({ origins }, index) => prefixed(`alerts.channels[${index}]`, origins)),
      ...rules.map(({ origins }, index) => prefixed(`alerts.rules[${index}]`, origins)),
    ) as Record<string, Origin>,
  }
}

interface PolicyContext {
  readonly zone: string
  readonly on: readonly AlertChannel[]
  readonly file: { readonly name: string | undefined; readonly details: ReadonlyMap<string, Detail> }
  readonly sources: Sources
  readonly offChannels: OffChannel[]
}

/** Steps and rotations: those of code, otherwise those of the file. Targets that no channel serves are reported. */
function readPolicy(
  code: { readonly steps: unknown; readonly rotations: unknown },
  { zone, on, file, sources, offChannels }: PolicyContext,
): {
  readonly steps: EscalationStep[]
  readonly rotations: Rotation[]
  readonly origins: Readonly<Record<'escalation' | 'rotations', Origin>>
} {
  const report = problemReporter(sources.problems)
  const at = (key: string) => ({ spelling: 'code' as const, path: ['alerts', key] })
  const inCode = {
    escalation: checkShape(escalationList, code.steps, at('escalation'), report),
    rotations: checkShape(rotationList, code.rotations, at('rotations'), report),
  }
  const pick = (key: keyof typeof inCode): readonly [unknown, Origin] => {
    const inFile = sources.fromFile(`alerts.${key}`)
    if (inCode[key] !== undefined) return [inCode[key], 'code']
    return inFile === undefined ? [[], 'default'] : [inFile, `file ${file.name}:alerts.${key}`]
  }
  const [givenSteps, stepsOrigin] = pick('escalation')
  const [givenRotations, rotationsOrigin] = pick('rotations')
  if (code.steps !== undefined) checkEscalationEntries(code.steps, code.rotations ?? givenRotations, 'code', report)
  if (code.rotations !== undefined) checkRotationEntries(code.rotations, report)
  const origins = { escalation: stepsOrigin, rotations: rotationsOrigin }
  // a list with a problem is not used
  if (sources.problems.length > 0) return { steps: [], rotations: [], origins }
  const [steps, rotations] = [completeSteps(givenSteps), completeRotations(givenRotations, zone)]
  for (const { path, value, isMistake, rule } of unreachableTargets(steps, rotations, { on, off: offChannels })) {
    const shown = shownPath(['alerts', ...path])
    const line = file.details.get(shown)?.line
    const isInFile = origins[path[0] as keyof typeof origins] !== 'code'
    if (isMistake) {
      const place = isInFile && line !== undefined ? { place: `${file.name}:${line}` } : {}
      sources.problems.push({ path: shown, rule, value: shownValue(value), ...place })
    } else offChannels.push({ name: '', type: '', line: `${shown} (${value}) ${rule}`, isIncomplete: true })
  }
  return { steps, rotations, origins }
}

/** Checks channels and rules in code by the rules of the file; what is wrong is added to `problems`. */
function readCodeAlerts(
  channels: unknown,
  rules: unknown,
  others: unknown,
  problems: Problem[],
): { readonly channels: readonly unknown[] | undefined; readonly rules: readonly CodeRule[] } {
  const report = problemReporter(problems)
  const at = (key: string) => ({ spelling: 'code' as const, path: ['alerts', key] })
  const checked = {
    channels: checkShape(codeChannels, channels, at('channels'), report) as readonly unknown[] | undefined,
    rules: validRules(checkShape(ruleList, rules, at('rules'), report)),
  }
  checkChannelEntries(channels, 'code', report)
  checkRuleEntries(rules, report)
  checkTemplates(others, 'code', report)
  return checked
}

function problemReporter(problems: Problem[]): (finding: ShapeProblem) => void {
  return ({ path, rule, value, isSecret }) => {
    const isMissing = value === undefined && rule.startsWith('must be ')
    const shown = isSecret && value !== undefined ? '***' : shownValue(value)
    problems.push({ path: shownPath(path), rule: isMissing ? `is missing; it ${rule}` : rule, value: shown })
  }
}

/** Rules after the check of their shape, without the places of those that cannot be used. */
function validRules(rules: unknown): readonly CodeRule[] {
  return ((rules ?? []) as readonly (CodeRule | undefined)[]).filter((rule) => rule !== undefined)
}
