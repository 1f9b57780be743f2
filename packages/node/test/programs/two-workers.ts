import cluster from 'node:cluster'
import { once } from 'node:events'

/**
 * Forks two workers, the second once the first is ready; each starts telemetry from the environment
 * and prints where it serves.
 */
if (cluster.isPrimary) {
  for (let count = 0; count < 2; count++) {
    const worker = cluster.fork()
    await once(worker, 'message')
  }
  for (const worker of Object.values(cluster.workers ?? {})) worker?.kill()
} else {
  const { startTelemetry } = await import('../../src/index.ts')
  const { metricsUrl = 'nowhere', pageUrl = 'nowhere' } = await startTelemetry({ configFile: false })
  console.log(`worker ${cluster.worker?.id}: metrics ${metricsUrl}, page ${pageUrl}`)
  process.send?.('ready')
}
