import type { MetricsSettings } from '@swarmwatch/config'
import type { Say } from '../logger.ts'
import { type MetricsServer, serveMetrics } from './serve-metrics.ts'

/** How many ports after a taken one are tried. */
const furtherPorts = 20

/** Serves `/metrics`; where it cannot listen it says one line, and the agents go on without. */
export async function openMetricsServer(
  text: () => Promise<string>,
  { host, port }: MetricsSettings,
  { onPortTaken, say }: { onPortTaken: 'warn' | 'next'; say: Say },
): Promise<MetricsServer | undefined> {
  try {
    const server = await serveMetrics(text, { host, port, furtherPorts: onPortTaken === 'next' ? furtherPorts : 0 })
    if (port !== 0 && Number(new URL(server.url).port || 80) !== port)
      say(`METRICS_PORT ${port} is taken: /metrics is at ${server.url}`)
    return server
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    const what = code === 'EADDRINUSE' ? `METRICS_PORT ${port} is taken on ${host}` : `cannot listen on ${host}:${port} (${code})`
    say(`${what}: /metrics is not served, the agents go on; set METRICS_PORT or METRICS_HOST`)
    return undefined
  }
}
