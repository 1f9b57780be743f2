import {
  channelHint,
  channelWarnings,
  type Configuration,
  type Environment,
  isLastResort,
  recoveryWaits,
} from '@swarmwatch/config'

import { environmentServiceName } from '../opentelemetry/telemetry-resource.ts'
import { type Finding, note, ok, warning, wrong } from './finding.ts'

/** Sources of the service name besides the environment. */
export interface NameSources {
  /** Name that the running application reports. */
  readonly running: string | undefined
  /** `register` starts telemetry, so no code of the application sets the name. */
  readonly isWithoutCode: boolean
}

const nameCure = 'set OTEL_SERVICE_NAME, or pass serviceName to startTelemetry()'

/**
 * Checks that the service has a name, in the running application or in the environment; a name in
 * code is visible only while it runs.
 */
export function checkServiceName(env: Environment, { running, isWithoutCode }: NameSources): Finding {
  const nameless = `the service has no name and would be unknown_service:node: ${nameCure}`
  const name = environmentServiceName(env)
  if (running !== undefined) {
    if (/^unknown_service\b/.test(running)) return wrong(`the running application is called ${running}: ${nameCure}`)
    if (name === undefined || name === running) return ok(`the service is called ${running}`)
    return note(
      `the environment calls the service ${name}, but ${running} answers on its ports: fine if the code passes that name to startTelemetry(); otherwise it is another application, and this one needs its own MONITOR_PORT and METRICS_PORT`,
    )
  }
  if (name) return ok(`the service is called ${name}`)
  return isWithoutCode
    ? wrong(nameless)
    : note(
        `the environment has no name for the service: fine if the code calls startTelemetry({ serviceName }); otherwise ${nameCure}`,
      )
}

/** The path that alerts take out of the application. */
export interface AlertPath {
  /** Whether the rules are evaluated in the process. */
  readonly isInProcess: boolean
  /** Whether `@swarmwatch/alert-bridge` is installed; undefined where that cannot be checked. */
  readonly hasBridge: boolean | undefined
}

/** Checks that an alert still reaches its recipients when one channel is down. */
export function checkChannels({ alerts, offChannels }: Configuration, { isInProcess, hasBridge }: AlertPath): Finding[] {
  const channels = alerts.channels.filter((channel) => !isLastResort(channel))
  const names = channels.map(({ name }) => name)
  const warnings = [...offChannels, ...channels.flatMap(channelWarnings)].map(warning)
  const usesChannels = isInProcess && alerts.alertmanagerUrl === undefined
  if (usesChannels && names.length > 0 && hasBridge === false) {
    const cure = 'install it, or pass alerts.deliver to startTelemetry()'
    return [
      ...warnings,
      warning(
        `alerts go to the console only: ${names.join(', ')} are sent by @swarmwatch/alert-bridge, which is not installed; ${cure}`,
      ),
    ]
  }
  if (names.length >= 2) return [...warnings, ok(`alerts are sent to ${names.join(', ')}`)]
  const found =
    names.length === 0 ? 'no alert channel besides the console' : `only one alert channel besides the console (${names[0]})`
  const where = usesChannels ? '' : ' (for the alert bridge: Prometheus or Alertmanager passes the alerts on to it)'
  return [...warnings, warning(`there is ${found}: set ${channelHint}, so that alerts are sent by two channels${where}`)]
}

/** The recovery settings as waiting times in seconds. */
export function checkRecovery({ recovery, origins }: Configuration): Finding {
  const waits = recoveryWaits(recovery).join(', ')
  const words = waits === '' ? 'no retries (max_retries is 0)' : `retries wait ${waits} s`
  const wanted = recoveryWaits({ ...recovery, maxDelaySeconds: 30 }).join(', ')
  if (recovery.maxDelaySeconds !== 60 || waits === wanted) return ok(words)
  const origin = origins['recovery.maxDelaySeconds'] ?? ''
  const setting = origin.startsWith('file') ? 'max_delay: 60' : 'MAX_RETRY_DELAY=60'
  return warning(`${words}: ${setting} comes from older set-ups. For ${wanted} s remove it, or set 30`)
}
