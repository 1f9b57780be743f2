import { type AlertRule, checkRuleEntries, type CodeRule, overlayRules, ruleList } from '../alert-rules.ts'
import { type AlertChannel, codeChannels } from '../channels/channel-types.ts'
import { checkChannelEntries, type OffChannel, readChannels } from '../channels/read-channels.ts'
import type { Detail } from '../file/settings-document.ts'
import { checkTemplates } from '../message-template.ts'
import { type Problem, shownPath, shownValue } from '../problem.ts'
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
}

const oneLineTemplate = text('must be one line of at most 300 characters', (line) => /^[^\r\n]{1,300}$/.test(line))
const textTemplate = text('must be text of at most 2000 characters', (given) => given.trim() !== '' && given.length <= 2_000)

/** `alerts`, without channels and rules. */
export const alertSettings: Settings<Omit<AlertSettings, 'channels' | 'rules'>> = {
  inProcess: {
    about:
      'Whether the process evaluates the alert rules: on, off, or auto, which leaves them to Prometheus if metrics are exported by OTLP.',
    fileKey: 'alerts.in_process',
    value: oneOf(['auto', 'on', 'off']),
    default: 'auto',
  },
  timeZone: {
    about: 'Time zone of the times in messages, such as Europe/Berlin.',
    fileKey: 'alerts.time_zone',
    value: timeZone,
    default: 'UTC',
  },
  titleTemplate: {
    about: 'Title of messages about alerts, as a template. By default the alert and the affected agents or things.',
    fileKey: 'alerts.templates.title',
    value: oneLineTemplate,
    default: undefined,
  },
  firingTemplate: {
    about: 'Text of messages about alerts that fire, as a template. By default their annotations.',
    fileKey: 'alerts.templates.firing',
    value: textTemplate,
    default: undefined,
  },
  resolvedTemplate: {
    about: 'Text of messages about resolved alerts, as a template. By default how long it lasted, and what was wrong.',
    fileKey: 'alerts.templates.resolved',
    value: textTemplate,
    default: undefined,
  },
  histograms: {
    about:
      'How the metrics store keeps histograms, for the rule files and dashboards that `pnpm mixin` makes: native, or classic for a store without native histograms, such as VictoriaMetrics.',
    fileKey: 'alerts.histograms',
    value: oneOf(['native', 'classic']),
    default: 'native',
  },
  alertmanagerUrl: {
    about: 'Alertmanager that in-process alerts are sent to.',
    variable: 'ALERTMANAGER_URL',
    value: openUrl,
    default: undefined,
  },
  alertmanagerUser: {
    about: 'User at that Alertmanager (basic authentication).',
    variable: 'ALERTMANAGER_USER',
    value: basicAuthUser,
    default: 'swarmwatch',
  },
  alertmanagerPassword: {
    about: 'Password at that Alertmanager; without one, requests carry no authentication.',
    variable: 'ALERTMANAGER_PASSWORD',
    value: secretText,
    default: undefined,
  },
  runbooksUrl: {
    about: 'Address of the folder docs/runbooks. In-process alerts link to the page with their name in it.',
    variable: 'RUNBOOKS_URL',
    value: openUrl,
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
  const keys = [...Object.keys(alertSettings), 'channels', 'rules']
  const { channels: givenChannels, rules: givenRules, ...given } = checkedCode('alerts', keys, code, sources.problems)
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
  const rules = overlayRules(inCode.rules, file.name, validRules(sources.fromFile('alerts.rules')))
  return {
    values: {
      ...single.values,
      channels: channels.map(({ channel }) => channel),
      rules: rules.map(({ rule }) => rule),
    },
    origins: Object.assign(
      prefixed('alerts', single.origins),
      ...channels.map(({ origins }, index) => prefixed(`alerts.channels[${index}]`, origins)),
      ...rules.map(({ origins }, index) => prefixed(`alerts.rules[${index}]`, origins)),
    ) as Record<string, Origin>,
  }
}

/** Checks channels and rules in code by the rules of the file; what is wrong is added to `problems`. */
function readCodeAlerts(
  channels: unknown,
  rules: unknown,
  others: unknown,
  problems: Problem[],
): { readonly channels: readonly unknown[] | undefined; readonly rules: readonly CodeRule[] } {
  const report = ({ path, rule, value, isSecret }: ShapeProblem): void => {
    const isMissing = value === undefined && rule.startsWith('must be ')
    const shown = isSecret && value !== undefined ? '***' : shownValue(value)
    problems.push({ path: shownPath(path), rule: isMissing ? `is missing; it ${rule}` : rule, value: shown })
  }
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

/** Rules after the check of their shape, without the places of those that cannot be used. */
function validRules(rules: unknown): readonly CodeRule[] {
  return ((rules ?? []) as readonly (CodeRule | undefined)[]).filter((rule) => rule !== undefined)
}
