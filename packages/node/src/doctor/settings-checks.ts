import { type Configuration, recoveryWaits } from '@swarmwatch/config'

import { type Finding, ok, warning, wrong } from './finding.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the service has a name; set in code it cannot be seen from here. */
export function checkServiceName(env: Environment): Finding {
  const inAttributes = /(?:^|,)\s*service\.name=([^,]+)/.exec(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '')?.[1]
  const name = env['OTEL_SERVICE_NAME'] || inAttributes
  return name
    ? ok(`the service is called ${name}`)
    : wrong(
        'the service has no name and would be unknown_service:node: set OTEL_SERVICE_NAME, or give serviceName to startTelemetry()',
      )
}

/** Whether an alert still reaches somebody when one channel is down. */
export function checkChannels({ alerts, offChannels }: Configuration): Finding[] {
  // a line on the console reaches no one for sure
  const names = alerts.channels.filter(({ type }) => type !== 'console').map(({ name }) => name)
  const off = offChannels.map(warning)
  if (names.length >= 2) return [...off, ok(`alerts reach people by ${names.join(', ')}`)]
  const found =
    names.length === 0 ? 'no alert channel besides the console' : `only one alert channel besides the console (${names[0]})`
  return [
    ...off,
    warning(
      `there is ${found}: set ALERT_EMAIL_HOST and ALERT_EMAIL_TO, ALERT_SLACK_WEBHOOK or ALERT_WEBHOOK_URL, so that two are left to tell people`,
    ),
  ]
}

/** What the recovery settings mean in seconds. */
export function checkRecovery({ recovery, origins }: Configuration): Finding {
  const waits = recoveryWaits(recovery).join(', ')
  const words = waits === '' ? 'no retries (max_retries is 0)' : `retries wait ${waits} s`
  const wanted = recoveryWaits({ ...recovery, maxDelaySeconds: 30 }).join(', ')
  if (recovery.maxDelaySeconds !== 60 || waits === wanted) return ok(words)
  const origin = origins['recovery.maxDelaySeconds'] ?? ''
  const setting = origin.startsWith('file') ? 'max_delay: 60' : 'MAX_RETRY_DELAY=60'
  return warning(`${words}: ${setting} comes from older set-ups. For ${wanted} s remove it, or set 30`)
}
