import { getSystemHealth } from '@swarmwatch/sdk'

import { conditionRules } from './alerts/condition-rule.ts'
import { openReceiver } from './alerts/open-receiver.ts'
import { type AlertRules, isInProcess, startAlertRules } from './alerts/start-alert-rules.ts'
import { furtherPortsFor } from './listen-from.ts'
import type { Say } from './logger.ts'
import type { Settings } from './read-settings.ts'
import type { StatusPage } from './status-page/open-status-page.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

/** The status page and the alert rules of this process. */
export interface Monitor {
  /** Absent when there is no page, or its port was taken. */
  readonly pageUrl: string | undefined
  stop(): Promise<void>
}

/** Opens the page and begins to evaluate the rules, as far as the settings ask for them; says what cannot be had, and never rejects. */
export async function startMonitor(
  settings: Settings,
  labels: Readonly<Record<string, string>>,
  options: TelemetryOptions,
  say: Say,
): Promise<Monitor> {
  const { configuration, otlp } = settings
  const hasRules = isInProcess(configuration, otlp.targets.metrics !== undefined)
  let rules: AlertRules | undefined
  // The page comes first: alerts link to it
  const alerts = hasRules ? () => rules?.current() ?? [] : undefined
  const page = configuration.monitor.enabled ? await openPage(settings, labels, alerts, options, say) : undefined
  if (hasRules) {
    // Where Prometheus has the rules, whether a channel is off is not this process's business
    for (const line of configuration.offChannels) say(line)
    const { logger = console } = options
    const receiver = await openReceiver({ configuration, deliver: options.alerts?.deliver, pageUrl: page?.url, logger, say })
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
  { configuration }: Settings,
  { service }: Readonly<Record<string, string>>,
  alerts: AlertRules['current'] | undefined,
  { monitor, onPortTaken, logger }: TelemetryOptions,
  say: Say,
): Promise<StatusPage | undefined> {
  if (monitor?.port === false) return undefined
  // Loaded only where it is served: the web framework takes longer than all the rest
  const { openStatusPage, StatusPageError } = await import('./status-page/open-status-page.ts')
  const { host, port, token, trustedProxies } = configuration.monitor
  try {
    return await openStatusPage({
      host,
      port,
      furtherPorts: furtherPortsFor(onPortTaken),
      alerts,
      trustedProxies,
      ...(service !== undefined && { serviceName: service }),
      ...(token && { token: token.reveal() }),
      ...(logger !== undefined && { logger }),
    })
  } catch (error) {
    const what = error instanceof StatusPageError ? error.message : `the status page is not served (${(error as Error).name})`
    say(what)
    return undefined
  }
}
