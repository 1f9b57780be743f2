import { type Configuration, ConfigurationError, loadConfiguration } from '@swarmwatch/config'
import { asJson } from '@swarmwatch/config/command-line'

import { isInProcess } from '../alerts/start-alert-rules.ts'
import { isOldNode, minNodeVersion } from '../node-version.ts'
import { otlpSettings } from '../opentelemetry/otlp-settings.ts'
import { registeredGlobals } from '../opentelemetry/registered-globals.ts'
import { loadsRegister, scriptEnvironment, scriptsWithRegister } from '../script-environment.ts'
import { checkAlertmanager, checkOtlp } from './endpoints.ts'
import { type Finding, findingLine, note, ok, warning, wrong } from './finding.ts'
import { checkAgents, checkFrameworks, checkModelCalls } from './frameworks.ts'
import { checkApi, installedPackages } from './opentelemetry-api.ts'
import { checkPorts } from './ports.ts'
import { checkChannels, checkRecovery, checkServiceName } from './settings-checks.ts'

/** Options of the doctor: the environment that it checks. */
export interface DoctorOptions {
  /** Completed from the environment files of the start scripts. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Folder of the application. @default process.cwd() */
  readonly cwd?: string
  /** @default process.versions.node */
  readonly nodeVersion?: string
  /** Arguments of Node itself. @default process.execArgv */
  readonly execArgv?: readonly string[]
  /** Whether a provider is registered in this process. @default read from the OpenTelemetry API */
  readonly hasProvider?: boolean
  /** For one network probe, in milliseconds. @default 3000 */
  readonly timeoutMs?: number
}

/** Checks everything that commonly keeps telemetry, recovery or alerts from working. */
export async function runDoctor(options: DoctorOptions = {}): Promise<Finding[]> {
  const { cwd = process.cwd(), nodeVersion = process.versions.node, execArgv = process.execArgv } = options
  const { env, files } = scriptEnvironment(cwd, options.env ?? process.env)
  const hasProvider = options.hasProvider ?? isProviderRegistered()
  const isLoaded = loadsRegister([...execArgv, env['NODE_OPTIONS'] ?? ''].join(' '))
  const scripts = scriptsWithRegister(cwd)
  const packages = installedPackages(cwd)
  const always = [
    checkNode(nodeVersion),
    ...checkApi(cwd, packages),
    ...(files.length > 0
      ? [ok(`the environment is that of this shell and of ${files.join(', ')}, as the application reads it`)]
      : []),
  ]
  let configuration: Configuration
  try {
    configuration = loadConfiguration({ env, cwd })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const lines = error.message.split('\n').slice(1)
    const named = checkServiceName(env, { running: undefined, isWithoutCode: isLoaded })
    return [
      ...always,
      checkProvider({ hasProvider, isLoaded, scripts, isRecording: false }),
      named,
      ...lines.map((line) => wrong(`setting: ${line.trim()}`)),
    ]
  }
  const otlp = otlpSettings(env, configuration.telemetry.otlpToken?.reveal())
  const [endpoints, ports] = await Promise.all([
    checkOtlp(otlp, env, options.timeoutMs),
    // A set-up that was loaded has opened its own ports
    hasProvider ? { findings: [], application: undefined } : checkPorts(configuration, options.timeoutMs),
  ])
  const { application } = ports
  const has = (name: string): boolean => packages.some((one) => one.name === name)
  return [
    ...always,
    checkProvider({ hasProvider, isLoaded, scripts, isRecording: application?.isRecording === true }),
    checkServiceName(env, { running: application?.serviceName, isWithoutCode: isLoaded }),
    ok(
      configuration.file === undefined
        ? 'no settings file: the defaults and the environment apply'
        : `settings file ${configuration.file}`,
    ),
    ...otlp.problems.map(({ path, rule }) => wrong(`setting: ${path} ${rule}`)),
    ...otlp.notices.map(warning),
    ...(otlp.problems.length > 0 ? [] : endpoints),
    ...(await checkAlertmanager(configuration, options.timeoutMs)),
    ...ports.findings,
    checkRecovery(configuration),
    ...checkFrameworks({ configuration, packages, cwd, nodeVersion, isLoaded: isLoaded || scripts.length > 0 }),
    ...(application?.metrics === undefined ? [] : [checkAgents(application.metrics), ...checkModelCalls(application.metrics)]),
    ...checkChannels(configuration, {
      isInProcess: isInProcess(configuration, otlp.targets.metrics !== undefined),
      hasBridge: has('@swarmwatch/node') ? has('@swarmwatch/alert-bridge') : undefined,
    }),
  ]
}

/**
 * Command `swarmwatch doctor`: prints a line for each finding, or all as JSON. Returns the exit
 * code, 1 when something is wrong.
 */
export async function printDoctor(
  { json = false, ...options }: DoctorOptions & { readonly json?: boolean } = {},
  print: (line: string) => void = console.log,
): Promise<0 | 1> {
  const findings = await runDoctor(options)
  const isWrong = findings.some(({ level }) => level === 'wrong')
  if (json) print(asJson({ isHealthy: !isWrong, findings }))
  else for (const finding of findings) print(findingLine(finding))
  return isWrong ? 1 : 0
}

function isProviderRegistered(): boolean {
  const { tracerProvider, meterProvider } = registeredGlobals()
  return tracerProvider || meterProvider
}

/** Checks that this version of Node is supported. */
export function checkNode(version: string): Finding {
  return isOldNode(version)
    ? wrong(`Node ${version} is too old: install Node 24, or at least ${minNodeVersion.join('.')}`)
    : ok(`Node ${version}`)
}

/** Facts about who records the agents. */
interface Recorders {
  readonly hasProvider: boolean
  readonly isLoaded: boolean
  /** Scripts that load `register`. */
  readonly scripts: readonly string[]
  /** Whether the running application records metrics. */
  readonly isRecording: boolean
}

/**
 * Checks that something records the agents: in this process, in every process that starts here, in
 * the running application, or in one that a script starts.
 */
function checkProvider({ hasProvider, isLoaded, scripts, isRecording }: Recorders): Finding {
  if (hasProvider) return ok('an OpenTelemetry provider is registered')
  if (isRecording) return ok('the running application records metrics')
  if (isLoaded) return ok('@swarmwatch/node/register is loaded before every program that starts with these NODE_OPTIONS')
  if (scripts.length > 0)
    return ok(
      `the ${scripts.length === 1 ? 'script' : 'scripts'} ${scripts.join(', ')} of package.json load${scripts.length === 1 ? 's' : ''} @swarmwatch/node/register`,
    )
  return note(
    'whether the application registers an OpenTelemetry provider can be checked only while it runs: start it, then run the doctor again',
  )
}
