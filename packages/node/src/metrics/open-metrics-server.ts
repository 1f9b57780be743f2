import { hostAndPort, type MetricsSettings } from '@swarmwatch/config'

import { furtherPortsFor, isOneOfSeveral, portCure } from '../listen-from.ts'
import type { Say } from '../logger.ts'
import { type MetricsServer, serveMetrics } from './serve-metrics.ts'

/** Serves `/metrics`; where it cannot listen it says one line, and the agents go on without. */
export async function openMetricsServer(
  text: () => Promise<string>,
  { host, port }: MetricsSettings,
  { onPortTaken, say }: { onPortTaken?: 'warn' | 'next' | undefined; say: Say },
): Promise<MetricsServer | undefined> {
  try {
    const server = await serveMetrics(text, { host, port, furtherPorts: furtherPortsFor(onPortTaken) })
    if (port !== 0 && server.port !== port) say(`METRICS_PORT ${port} is taken: /metrics is at ${server.url}`)
    else if (port === 0 && isOneOfSeveral()) say(`/metrics of this worker is at ${server.url}`)
    return server
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    const what =
      code === 'EADDRINUSE' ? `METRICS_PORT ${port} is taken on ${host}` : `cannot listen on ${hostAndPort(host, port)} (${code})`
    say(`${what}: /metrics is not served, the agents go on; ${portCure('METRICS')}`)
    return undefined
  }
}
