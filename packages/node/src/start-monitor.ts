import { getSystemHealth } from '@swarmwatch/sdk'

import { conditionRules } from './alerts/in-process-rule.ts'
import { openReceiver } from './alerts/open-receiver.ts'
import { type AlertRules, isInProcess, startAlertRules } from './alerts/start-alert-rules.ts'
import type { Warn } from './logger.ts'
import { furtherPortsFor, notServedLine } from './port-options.ts'
import type { ProcessSettings } from './read-settings.ts'
import type { StatusPage } from './status-page/open-status-page.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

/** The status page and the alert rules of this process. */
export interface RunningMonitor {
  /** Absent when there is no page, or its port was taken. */
  readonly pageUrl: string | undefined
  stop(): Promise<void>
}

/**
 * Opens the page and starts the alert rules, as the settings ask for; prints a line for what cannot
 * start, and never rejects.
 */
export async function startMonitor(
  settings: ProcessSettings,
  labels: Readonly<Record<string, string>>,
  options: TelemetryOptions,
  warn: Warn,
): Promise<RunningMonitor> {
  const { configuration, otlp } = settings
  const hasRules = isInProcess(configuration, otlp.targets.metrics !== undefined)
  let rules: AlertRules | undefined
  // The page comes first: alerts link to it
  const alerts = hasRules ? () => rules?.current() ?? [] : undefined
  const page = configuration.monitor.enabled ? await openPage(settings, labels, alerts, options, warn) : undefined
  if (hasRules) {
    // Where Prometheus evaluates the rules, this process does not use the channels
    for (const line of configuration.offChannels) warn(line)
    const { logger = console } = options
    const receiver = await openReceiver({ configuration, deliver: options.alerts?.deliver, pageUrl: page?.url, logger, warn })
    const { intervalSeconds } = configuration.monitor
    const all = [...configuration.alerts.rules, ...conditionRules(options.alerts?.rules)]
    const { runbooksUrl } = configuration.alerts
    rules = startAlertRules({ rules: all, runbooksUrl, intervalSeconds, health: getSystemHealth, receiver, labels, logger })
  }
  return {
    pageUrl: page?.url,
    async stop() {
      await Promise.allSettled([rules?.stop(), page?.close()])
    },
  }
}

async function openPage(
  { configuration }: ProcessSettings,
  { service }: Readonly<Record<string, string>>,
  alerts: AlertRules['current'] | undefined,
  { monitor, onPortTaken, logger }: TelemetryOptions,
  warn: Warn,
): Promise<StatusPage | undefined> {
  if (monitor?.port === false) return undefined
  // Loaded only where it is served: the web framework takes longer to load than all the rest
  const { openStatusPage } = await import('./status-page/open-status-page.ts')
  const { host, port, token, trustedProxies, traceLink } = configuration.monitor
  try {
    return await openStatusPage({
      host,
      port,
      furtherPorts: furtherPortsFor(onPortTaken),
      alerts,
      trustedProxies,
      traceLink,
      ...(service !== undefined && { serviceName: service }),
      ...(token && { token: token.reveal() }),
      ...(logger !== undefined && { logger }),
    })
  } catch (error) {
    warn(notServedLine(error, 'the status page is not served', 'MONITOR'))
    return undefined
  }
}
