import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import type { CodeRule } from './alert-rules.ts'
import type { CodeChannel } from './channels/channel-types.ts'
import type { OffChannel } from './channels/read-channels.ts'
import { type Environment, openVariables } from './environment.ts'
import type { CodeEscalationStep } from './escalation.ts'
import { readSettingsFile } from './file/settings-file.ts'
import { mistypedVariables } from './mistyped-variables.ts'
import { asciiOnly, ConfigurationError, type Problem } from './problem.ts'
import type { CodeRotation } from './rotations.ts'
import { type AlertSettings, resolveAlerts } from './settings/alerts.ts'
import { type AgentBudget, agentBudgets, type BudgetSettings } from './settings/budgets.ts'
import { resolveByName } from './settings/by-name.ts'
import { type AgentLoop, agentLoops, type LoopSettings } from './settings/loops.ts'
import { type MonitorSettings, monitorSettings } from './settings/monitor.ts'
import { type ModelPrice, modelPrices, type PriceSettings } from './settings/prices.ts'
import {
  type MetricsSettings,
  metricsSettings,
  type StartSettings,
  startSettings,
  type TelemetrySettings,
  telemetrySettings,
} from './settings/process.ts'
import type { ProviderRecoverySettings } from './settings/provider-recovery.ts'
import { type ProviderSettings, resolveProviders } from './settings/providers.ts'
import { agentQuality, type QualitySettings } from './settings/quality.ts'
import { type AgentRecovery, type RecoveryLimits, type RecoverySettings, resolveRecovery } from './settings/recovery.ts'
import { checkedCode, type Origin, prefixed, resolveSettings, type Sources } from './settings/setting.ts'

/** The effective settings: checked, complete, and safe to print (secrets show `***`). */
export interface Configuration extends StartSettings {
  readonly telemetry: TelemetrySettings
  readonly metrics: MetricsSettings
  readonly monitor: MonitorSettings
  readonly recovery: RecoverySettings
  readonly alerts: AlertSettings
  readonly prices: PriceSettings
  readonly providers: ProviderSettings
  readonly budgets: BudgetSettings
  readonly loops: LoopSettings
  readonly quality: QualitySettings
  /** The file that was read, as it was named; undefined if there is none. */
  readonly file: string | undefined
  /** The origin of each value, by its path, such as `recovery.maxRetries` or `alerts.channels[0].webhook`. */
  readonly origins: Readonly<Record<string, Origin>>
  /** Lines to print at start: settings that cannot have the intended effect. */
  readonly notices: readonly string[]
  /** A line for each alert channel that is off, with the reason; to be printed by a program that sends alerts. */
  readonly offChannels: readonly string[]
  /** Those of `offChannels` that have a part of what they need, such as recipients without a mail server. */
  readonly incompleteChannels: readonly string[]
}

type Given<T> = { readonly [Key in keyof T]?: T[Key] | undefined }

/** Settings given in code; they override everything else. Names and units as in {@link Configuration}. */
export interface CodeSettings {
  /** Name of the service, sources of model calls, token of the Collector. @default those of the environment and the file */
  readonly telemetry?: (Given<Omit<TelemetrySettings, 'otlpToken'>> & { readonly otlpToken?: string | undefined }) | undefined
  /** Settings of `/metrics` and of the export of metrics. @default those of the environment and the file */
  readonly metrics?: Given<Configuration['metrics']> | undefined
  /** Settings of the status page and of health checks. @default those of the environment and the file */
  readonly monitor?:
    | (Given<Omit<Configuration['monitor'], 'token' | 'trustedProxies'>> & {
        readonly token?: string | undefined
        /** As in the variable, separated by commas. */
        readonly trustedProxies?: string | undefined
      })
    | undefined
  /** Limits of retries. @default those of the environment and the file */
  readonly recovery?:
    | (Given<RecoveryLimits> & {
        readonly provider?: ProviderRecoverySettings | undefined
        readonly agents?: Readonly<Record<string, Given<AgentRecovery>>> | undefined
      })
    | undefined
  /** Alerts: rules, channels, steps, rotations. @default those of the file */
  readonly alerts?:
    | (Given<Omit<Configuration['alerts'], 'channels' | 'rules' | 'escalation' | 'rotations' | 'alertmanagerPassword'>> & {
        readonly alertmanagerPassword?: string | undefined
        /** They replace those of the file. */
        readonly channels?: readonly CodeChannel[] | undefined
        /** They replace those of the same name in the file and in the defaults. */
        readonly rules?: readonly CodeRule[] | undefined
        /** They replace those of the file. */
        readonly escalation?: readonly CodeEscalationStep[] | undefined
        /** They replace those of the file. */
        readonly rotations?: readonly CodeRotation[] | undefined
      })
    | undefined
  /** They replace those of the same name in the file. @default those of the file */
  readonly prices?: PriceSettings | undefined
  /** They replace those of the same host in the file. @default those of the file */
  readonly providers?: ProviderSettings | undefined
  /** They replace those of the same agent in the file. @default those of the file */
  readonly budgets?: BudgetSettings | undefined
  /** They replace those of the same agent in the file. @default those of the file */
  readonly loops?: LoopSettings | undefined
  /** They replace those of the same agent in the file. @default those of the file */
  readonly quality?: QualitySettings | undefined
  /** Whether a problem in the settings ends the application that `register` starts. @default false */
  readonly strict?: boolean | undefined
  /** Whether SIGTERM and SIGINT shut telemetry down. @default decided by the program: `register` does so */
  readonly handleSignals?: boolean | undefined
}

/** Options for {@link loadConfiguration}. */
export interface LoadOptions {
  /** @default process.env */
  readonly env?: Environment | undefined
  /** Folder that relative paths start from. @default process.cwd() */
  readonly cwd?: string | undefined
  /** The settings file; `false` reads none. @default SWARMWATCH_CONFIG, otherwise config/production.yaml if it exists */
  readonly file?: string | false | undefined
  /** Settings given in code. @default {} */
  readonly code?: CodeSettings | undefined
  /** Reads a text file as UTF-8, or throws. @default readFileSync */
  readonly readFile?: ((path: string) => string) | undefined
}

/**
 * Reads all settings and checks them together: code overrides the environment, which overrides the file, which overrides the defaults.
 * @throws ConfigurationError with every problem there is
 * @example
 * const { metrics, recovery } = loadConfiguration({ code: { metrics: { port: 0 } } })
 */
export function loadConfiguration(options: LoadOptions = {}): Configuration {
  const { env = process.env, cwd = process.cwd(), readFile = readText } = options
  const problems: Problem[] = []
  const notices: string[] = []
  const offChannels: OffChannel[] = []
  const readFrom = (path: string): string => readFile(resolve(cwd, path))
  const variables = openVariables(env, readFrom, problems)
  const file = readSettingsFile(options.file, variables, readFrom, problems)
  const sources: Sources = { variables, fileName: file.name, problems, fromFile: (key) => valueAt(file.settings, key) }
  const code = checkedCode('', groups, options.code, problems)

  const telemetry = resolveSettings('telemetry', telemetrySettings, sources, code.telemetry)
  const metrics = resolveSettings('metrics', metricsSettings, sources, code.metrics)
  const monitor = resolveSettings('monitor', monitorSettings, sources, code.monitor)
  const recovery = resolveRecovery(sources, code.recovery, notices)
  const alerts = resolveAlerts(file, sources, code.alerts, offChannels)
  const prices = resolveByName<ModelPrice>('prices', modelPrices, sources, code.prices)
  const providers = resolveProviders(sources, code.providers)
  const budgets = resolveByName<AgentBudget>('budgets', agentBudgets, sources, code.budgets)
  const loops = resolveByName<AgentLoop>('loops', agentLoops, sources, code.loops)
  const quality = resolveByName<QualitySettings[string]>('quality', agentQuality, sources, code.quality)
  const start = resolveSettings('', startSettings, sources, { strict: code.strict, handleSignals: code.handleSignals })
  if (problems.length > 0) throw new ConfigurationError(problems)
  // last: every variable has been read by now
  notices.push(...mistypedVariables(env, variables.known))
  return {
    telemetry: telemetry.values,
    metrics: metrics.values,
    monitor: monitor.values,
    recovery: recovery.values,
    alerts: alerts.values,
    prices: prices.values,
    providers: providers.values,
    budgets: budgets.values,
    loops: loops.values,
    quality: quality.values,
    ...start.values,
    file: file.name,
    origins: {
      ...prefixed('telemetry', telemetry.origins),
      ...prefixed('metrics', metrics.origins),
      ...prefixed('monitor', monitor.origins),
      ...recovery.origins,
      ...alerts.origins,
      ...prices.origins,
      ...providers.origins,
      ...budgets.origins,
      ...loops.origins,
      ...quality.origins,
      ...start.origins,
    },
    notices: notices.map(asciiOnly),
    offChannels: offChannels.map(({ line }) => asciiOnly(line)),
    incompleteChannels: offChannels.filter(({ isIncomplete }) => isIncomplete).map(({ line }) => asciiOnly(line)),
  }
}

const groups: readonly (keyof CodeSettings)[] = [
  'telemetry',
  'metrics',
  'monitor',
  'recovery',
  'alerts',
  'prices',
  'providers',
  'budgets',
  'loops',
  'quality',
  'strict',
  'handleSignals',
]

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

function valueAt(settings: unknown, key: string): unknown {
  return key.split('.').reduce<unknown>((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], settings)
}
