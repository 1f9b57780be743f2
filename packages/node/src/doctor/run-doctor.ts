import { type Configuration, ConfigurationError, loadConfiguration } from '@swarmwatch/config'
import { asJson } from '@swarmwatch/config/command-line'

import { isInProcess } from '../alerts/start-alert-rules.ts'
import { otlpSettings } from '../opentelemetry/otlp-settings.ts'
import { registeredGlobals } from '../opentelemetry/registered-globals.ts'
import { checkAlertmanager, checkOtlp } from './endpoints.ts'
import { type Finding, findingLine, note, ok, warning, wrong } from './finding.ts'
import { installedPackages } from './installed-packages.ts'
import { checkApi } from './opentelemetry-api.ts'
import { checkPorts } from './ports.ts'
import { checkChannels, checkRecovery, checkServiceName } from './settings-checks.ts'

/** What the doctor looks at. */
export interface DoctorOptions {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Folder of the application. @default process.cwd() */
  readonly cwd?: string
  /** @default process.versions.node */
  readonly nodeVersion?: string
  /** Arguments of Node itself. @default process.execArgv */
  readonly execArgv?: readonly string[]
  /** Whether a provider is registered in this process. @default what the OpenTelemetry API says */
  readonly hasProvider?: boolean
  /** For one network probe, in milliseconds. @default 3000 */
  readonly timeoutMs?: number
}

/** Looks at everything that commonly keeps telemetry, recovery or alerts from working. */
export async function runDoctor(options: DoctorOptions = {}): Promise<Finding[]> {
  const { env = process.env, cwd = process.cwd(), nodeVersion = process.versions.node, execArgv = process.execArgv } = options
  const hasProvider = options.hasProvider ?? isProviderRegistered()
  const isLoaded = isRegisterLoaded(execArgv, env['NODE_OPTIONS'])
  const packages = installedPackages(cwd)
  const always = [checkNode(nodeVersion), ...checkApi(cwd, packages)]
  let configuration: Configuration
  try {
    configuration = loadConfiguration({ env, cwd })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const lines = error.message.split('\n').slice(1)
    const named = checkServiceName(env, { running: undefined, isWithoutCode: isLoaded })
    return [
      ...always,
      checkProvider(hasProvider, isLoaded, false),
      named,
      ...lines.map((line) => wrong(`setting: ${line.trim()}`)),
    ]
  }
  const otlp = otlpSettings(env, configuration.telemetry.otlpToken?.reveal())
  const [endpoints, ports] = await Promise.all([
    checkOtlp(otlp, env, options.timeoutMs),
    // a set-up that was loaded has its own ports open
    hasProvider ? { findings: [], application: undefined } : checkPorts(configuration, options.timeoutMs),
  ])
  const { application } = ports
  const has = (name: string): boolean => packages.some((one) => one.name === name)
  return [
    ...always,
    checkProvider(hasProvider, isLoaded, application?.isRecording === true),
    checkServiceName(env, { running: application?.serviceName, isWithoutCode: isLoaded }),
    ok(
      configuration.file === undefined
        ? 'no settings file: the defaults and the environment are in force'
        : `settings file ${configuration.file}`,
    ),
    ...otlp.problems.map(({ path, rule }) => wrong(`setting: ${path} ${rule}`)),
    ...otlp.notices.map(warning),
    ...(otlp.problems.length > 0 ? [] : endpoints),
    ...(await checkAlertmanager(configuration, options.timeoutMs)),
    ...ports.findings,
    checkRecovery(configuration),
    ...checkChannels(configuration, {
      isInProcess: isInProcess(configuration, otlp.targets.metrics !== undefined),
      hasBridge: has('@swarmwatch/node') ? has('@swarmwatch/alert-bridge') : undefined,
    }),
  ]
}

/** `swarmwatch doctor`: prints a line for each finding, or all as JSON. Returns the exit code: 1 when something is wrong. */
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

const oldest = [22, 15] as const

/** Whether this Node is new enough. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOld ? wrong(`Node ${version} is too old: install Node 24, or at least ${oldest.join('.')}`) : ok(`Node ${version}`)
}

/** Whether `@swarmwatch/node/register` is loaded before every program that is started here. */
function isRegisterLoaded(execArgv: readonly string[], nodeOptions: string = ''): boolean {
  return /(?:^|\s)--import[=\s]\S*@?swarmwatch\/node\/(?:src\/|dist\/)?register\b/.test([...execArgv, nodeOptions].join(' '))
}

/** Whether something records what agents do: in this process, in every one that is started here, or in the application that runs. */
function checkProvider(hasProvider: boolean, isLoaded: boolean, isRecording: boolean): Finding {
  if (hasProvider) return ok('an OpenTelemetry provider is registered')
  if (isRecording) return ok('the running application records metrics')
  if (isLoaded) return ok('@swarmwatch/node/register is loaded before every program that is started with these NODE_OPTIONS')
  return note(
    'whether the application registers an OpenTelemetry provider cannot be seen while it does not run: start it, then run the doctor again',
  )
}
