import { checkRuleEntries, ruleList } from '../alert-rules.ts'
import { fileChannels } from '../channels/channel-types.ts'
import { checkChannelEntries } from '../channels/read-channels.ts'
import type { VariableReader } from '../environment.ts'
import { checkEscalationEntries, escalationList } from '../escalation.ts'
import { checkTemplates } from '../message-template.ts'
import { type Problem, shownPath, shownValue } from '../problem.ts'
import { checkRotationEntries, rotationList } from '../rotations.ts'
import { alertSettings } from '../settings/alerts.ts'
import { agentBudgets } from '../settings/budgets.ts'
import { agentLoops } from '../settings/loops.ts'
import { monitorSettings } from '../settings/monitor.ts'
import { modelPrices } from '../settings/prices.ts'
import { metricsSettings, telemetrySettings } from '../settings/process.ts'
import { providerRecovery } from '../settings/provider-recovery.ts'
import { checkProviderHosts, serverProviders } from '../settings/providers.ts'
import { agentQuality } from '../settings/quality.ts'
import { agentLimits, recoveryLimits } from '../settings/recovery.ts'
import type { Setting } from '../settings/setting.ts'
import { checkShape, type ShapeProblem, type SectionShape, type Shape } from '../shape.ts'
import { type Detail, readSettingsDocument, type SettingsDocument } from './settings-document.ts'

/** The settings file after it was read and checked. */
export interface SettingsFile {
  /** As it was named; undefined if none was read. */
  readonly name: string | undefined
  /** The valid part, by the keys of the file; entries of lists and limits of agents have the keys of code. */
  readonly settings: unknown
  readonly details: SettingsDocument['details']
}

const defaultFile = 'config/production.yaml'

/**
 * Reads the file that code names, otherwise `SWARMWATCH_CONFIG`, otherwise `config/production.yaml` if it exists. A named file that is
 * missing, and everything that is wrong in a file, is added to `problems`.
 */
export function readSettingsFile(
  named: string | false | undefined,
  variables: VariableReader,
  readFile: (path: string) => string,
  problems: Problem[],
): SettingsFile {
  const none: SettingsFile = { name: undefined, settings: {}, details: new Map() }
  const inEnvironment = variables.plain('SWARMWATCH_CONFIG')?.text
  if (named === false) return none
  const variable = named === undefined ? inEnvironment : undefined
  const name = named ?? variable ?? defaultFile
  const isNamed = named !== undefined || variable !== undefined
  let text: string
  try {
    text = readFile(name)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'error'
    if (!isNamed && reason === 'ENOENT') return none
    const path = variable === undefined ? 'file' : 'SWARMWATCH_CONFIG'
    problems.push({ path, rule: `must name a file that can be read (${reason})`, value: shownValue(name) })
    return none
  }
  const before = problems.length
  const document = readSettingsDocument(name, text, variables, problems)
  if (document.value === undefined) return { ...none, name }
  const found: Problem[] = []
  const report = (finding: ShapeProblem): number => found.push(problemOf(name, document, finding))
  const settings = checkShape(fileShape, document.value, { spelling: 'file' }, report)
  const alerts = (document.value as { readonly alerts?: Readonly<Record<string, unknown>> | null }).alerts
  checkChannelEntries(alerts?.['channels'], 'file', report)
  checkRuleEntries(alerts?.['rules'], report)
  checkEscalationEntries(alerts?.['escalation'], alerts?.['rotations'], 'file', report)
  checkRotationEntries(alerts?.['rotations'], report)
  checkTemplates(alerts, 'file', report)
  checkProviderHosts((document.value as { readonly providers?: unknown }).providers, report)
  // a value that was left out because of its variable has been reported already
  const reported = new Set(problems.slice(before).map(({ path }) => path))
  problems.push(...found.filter(({ path }) => !reported.has(path)))
  return { name, settings, details: document.details }
}

function problemOf(fileName: string, { details }: SettingsDocument, { path, rule, value, isSecret }: ShapeProblem): Problem {
  const detail = nearestDetail(details, path)
  return {
    path: shownPath(path) || fileName,
    rule: value === undefined && rule.startsWith('must be ') ? `is missing; it ${rule}` : rule,
    value: value !== undefined && (isSecret || detail?.holdsSecret) ? '***' : shownValue(value),
    place: `${fileName}:${detail?.line ?? 1}`,
  }
}

/** Of the value, or of the mapping in which it is missing. */
function nearestDetail(details: ReadonlyMap<string, Detail>, path: readonly PropertyKey[]): Detail | undefined {
  return details.get(shownPath(path)) ?? (path.length > 0 ? nearestDetail(details, path.slice(0, -1)) : undefined)
}

const settingsOfFile: readonly Pick<Setting<unknown>, 'fileKey' | 'about' | 'value' | 'default'>[] = [
  monitorSettings,
  metricsSettings,
  telemetrySettings,
  recoveryLimits,
  alertSettings,
].flatMap((group) => Object.values(group))

/** The whole of `config/production.yaml`. Keys it does not know are problems. */
export const fileShape: SectionShape = {
  kind: 'section',
  keys: {
    monitoring: section('monitoring'),
    recovery: section('recovery', { provider: providerRecovery, agents: agentLimits }),
    alerts: section('alerts', {
      templates: {
        ...section('alerts.templates'),
        about: 'Own words for messages about alerts; docs/channels.md has the fields.',
      },
      channels: fileChannels,
      rules: ruleList,
      escalation: escalationList,
      rotations: rotationList,
    }),
    prices: modelPrices,
    providers: serverProviders,
    budgets: agentBudgets,
    loops: agentLoops,
    quality: agentQuality,
  },
}

/** A section with every setting that has a key in it. */
function section(name: string, others: Readonly<Record<string, Shape>> = {}): SectionShape {
  const keys = settingsOfFile.flatMap(({ fileKey, about, value, default: fallback }): [string, Shape][] => {
    const [, sectionName, key] = /^(.*)\.([^.]+)$/.exec(fileKey ?? '') ?? []
    return sectionName === name && key !== undefined ? [[key, { kind: 'value', rule: value, about, default: fallback }]] : []
  })
  return { kind: 'section', keys: { ...Object.fromEntries(keys), ...others } }
}
