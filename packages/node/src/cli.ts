import { type Configuration, Secret } from '@swarmwatch/config'
import { asJson, commandLine, swarmwatchAbout, swarmwatchCommands, swarmwatchExamples } from '@swarmwatch/config/command-line'

import { addAdviseCommand } from './advise-command.ts'
import { printDoctor } from './doctor/run-doctor.ts'
import { addEventCommand } from './event-command.ts'
import { readSettings, type ProcessSettings } from './read-settings.ts'
import { scriptEnvironment } from './script-environment.ts'
import { addProjectSetupCommands } from './setup-commands.ts'

const line = commandLine({
  name: 'swarmwatch',
  usage: '[options] <command>',
  about: swarmwatchAbout,
  examples: swarmwatchExamples,
  packageFile: new URL('../package.json', import.meta.url),
})

addProjectSetupCommands(line)

line.program
  .command('config')
  .description(swarmwatchCommands.config)
  .option('--json', 'print them as JSON')
  .addHelpText('after', '\nExamples:\n  swarmwatch config\n  swarmwatch config --json | jq .settings')
  .action(
    line.action(({ json }: { json?: true }) => {
      const { env, files } = scriptEnvironment(process.cwd(), process.env)
      const settings = readSettings({}, env)
      console.log(json ? asJson(settingsAsJson(settings)) : effectiveSettings(settings, files))
      return 0
    }),
  )

line.program
  .command('doctor')
  .description(swarmwatchCommands.doctor)
  .option('--json', 'print the findings as JSON')
  .addHelpText('after', '\nExamples:\n  swarmwatch doctor\n  swarmwatch doctor --json')
  .action(line.action(({ json }: { json?: true }) => printDoctor({ json: json === true })))

addEventCommand(line)
addAdviseCommand(line)

process.exitCode = await line.run(process.argv.slice(2))

type Row = readonly [path: string, value: unknown, origin: string]

/** The effective settings with the origin of each, as a table; secrets show `***`. `files` are the environment files that were read. */
export function effectiveSettings(settings: ProcessSettings, files: readonly string[] = []): string {
  const rows = rowsOfAll(settings).map(([path, value, origin]) => [path, shown(value), origin] as const)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const table = rows.map(([path, value, origin]) => `${path.padEnd(widths[0]!)}  ${value.padEnd(widths[1]!)}  ${origin}`)
  const notes = notesOf(settings).map((notice) => `Note: ${notice}`)
  return [
    `Settings file: ${settings.configuration.file ?? 'none'}`,
    ...(files.length > 0 ? [`Environment: this shell, then ${files.join(', ')}`] : []),
    '',
    ...table,
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n')
}

/**
 * The same as JSON: `{ file, settings: { "metrics.port": { value, origin } }, notes }`; what is not
 * set is null.
 */
export function settingsAsJson(settings: ProcessSettings): object {
  const rows = rowsOfAll(settings).map(([path, value, origin]) => [
    path,
    { value: value instanceof Secret ? '***' : (value ?? null), origin },
  ])
  return {
    file: settings.configuration.file ?? null,
    settings: Object.fromEntries(rows) as Record<string, { value: unknown; origin: string }>,
    notes: notesOf(settings),
  }
}

function notesOf({ configuration, otlp }: ProcessSettings): string[] {
  return [...configuration.notices, ...configuration.offChannels, ...otlp.notices]
}

function rowsOfAll({ configuration, otlp, isDisabled }: ProcessSettings): Row[] {
  const {
    telemetry,
    metrics,
    monitor,
    recovery,
    alerts,
    prices,
    providers,
    budgets,
    loops,
    quality,
    strict,
    handleSignals,
    origins,
  } = configuration
  return [
    ...rowsOf(
      { telemetry, metrics, monitor, recovery, alerts, prices, providers, budgets, loops, quality, strict, handleSignals },
      '',
      origins,
    ),
    ...(otlp.targets.logs ? (['traces', 'metrics', 'logs'] as const) : (['traces', 'metrics'] as const)).map((signal): Row => {
      const url = otlp.targets[signal]?.url
      return [
        `otlp.${signal}`,
        url === undefined ? 'not exported' : withoutCredentials(url),
        url === undefined ? 'default' : 'environment',
      ]
    }),
    ...(isDisabled ? [['otlp.disabled', 'true', 'environment OTEL_SDK_DISABLED'] as const] : []),
  ]
}

/** One row for each value at the end of a path. */
function rowsOf(value: unknown, path: string, origins: Configuration['origins']): Row[] {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return value.flatMap((item, index) => rowsOf(item, `${path}[${index}]`, origins))
  }
  if (typeof value !== 'object' || value === null || value instanceof Secret || Array.isArray(value)) {
    return [[path, value, originOf(path, origins)]]
  }
  return Object.entries(value).flatMap(([key, inner]) => rowsOf(inner, pathOf(path, key), origins))
}

/** As messages about settings show it: `recovery.maxRetries`, `prices["gpt-4.1"]`. */
function pathOf(path: string, key: string): string {
  if (path === '') return key
  return /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

function shown(value: unknown): string {
  if (value === undefined) return 'not set'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return value instanceof Secret ? '***' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** The origin of the value, or of the object that contains it. */
function originOf(path: string, origins: Configuration['origins']): string {
  for (let at = path; at !== ''; at = at.replace(/(^|\.|\[)[^.[]*$/, '')) {
    const origin = origins[at]
    if (origin !== undefined) return origin
  }
  return 'default'
}

function withoutCredentials(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
