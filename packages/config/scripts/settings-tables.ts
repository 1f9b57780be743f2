import { channelVariables } from '../src/channels/channel-types.ts'
import { alertSettings } from '../src/settings/alerts.ts'
import { monitorSettings } from '../src/settings/monitor.ts'
import { recoveryLimits } from '../src/settings/recovery.ts'
import type { Setting } from '../src/settings/setting.ts'
import { startSettings } from '../src/settings/start.ts'
import { metricsSettings, telemetrySettings } from '../src/settings/telemetry.ts'
import { code, shown, table } from './table.ts'

type AnySetting = Pick<Setting<unknown>, 'about' | 'default' | 'variable' | 'fileKey' | 'orFile'> & {
  readonly value: { readonly rule: string; readonly isSecret: boolean }
}

const groups: readonly (readonly [title: string, path: string, settings: Readonly<Record<string, AnySetting>>])[] = [
  ['Status page and health checks', 'monitor', { ...monitorSettings }],
  ['Metrics', 'metrics', { ...metricsSettings }],
  ['Telemetry', 'telemetry', { ...telemetrySettings }],
  ['Recovery', 'recovery', { ...recoveryLimits }],
  ['Alerts', 'alerts', { ...alertSettings }],
  ['Start', '', { ...startSettings }],
]

/** One table for each group of settings: what they are called in the environment, in the file and in code. */
export function settingsTables(): string {
  return groups
    .map(([title, path, settings]) => {
      const rows = Object.entries(settings).map(([key, setting]) => [
        code(setting.variable),
        code(setting.fileKey),
        code(path === '' ? key : `${path}.${key}`),
        mustBe(setting),
        defaultOf(setting),
        aboutOf(setting),
      ])
      return `### ${title}\n\n${table(['Variable', 'In the file', 'Path', 'Type', 'Default', 'What it decides'], rows)}`
    })
    .join('\n\n')
}

/** The variables that complete the alert channels. */
export function channelVariablesTable(): string {
  const settings: readonly AnySetting[] = Object.values(channelVariables).flatMap((ofType) => Object.values(ofType))
  const rows = settings.map((setting) => [code(setting.variable), mustBe(setting), defaultOf(setting), aboutOf(setting)])
  return table(['Variable', 'Type', 'Default', 'What it is'], rows)
}

function mustBe({ value }: AnySetting): string {
  return value.rule.replace(/^must be /, '')
}

function defaultOf({ value, default: fallback }: AnySetting): string {
  return fallback !== undefined && value.rule.includes('seconds') ? `${shown(fallback)} s` : shown(fallback)
}

function aboutOf({ value, variable, about, orFile }: AnySetting): string {
  const text = value.isSecret ? `**Secret.** ${about}` : about
  return value.isSecret || orFile === true ? `${text} Also as a file: ${code(`${variable}_FILE`)}.` : text
}
