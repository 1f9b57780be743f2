import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { runNode, runRegistered } from './run-node.ts'

/** Two that were free a moment ago. */
async function freePorts(): Promise<[string, string]> {
  const servers = [createServer(), createServer()]
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ports = servers.map((server) => String((server.address() as AddressInfo).port))
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports as [string, string]
}

test('the second worker of a cluster does not share the ports of the first: it logs that they are taken and what to do', async () => {
  const [metrics, page] = await freePorts()
  const { code, stdout, stderr } = await runNode(['test/programs/two-workers.ts'], {
    env: { METRICS_PORT: metrics, MONITOR_PORT: page },
  })
  expect(stdout.trim().split('\n')).toEqual([
    `worker 1: metrics http://127.0.0.1:${metrics}/metrics, page http://127.0.0.1:${page}/`,
    'worker 2: metrics nowhere, page nowhere',
  ])
  const cure = (variable: string): string =>
    `this is one of several workers, and each needs its own port: set ${variable} for each of them, or set it to 0 for any free port`
  expect(stderr.split('\n').filter((line) => line.includes('is taken'))).toEqual([
    `[TELEMETRY] METRICS_PORT ${metrics} is taken on 127.0.0.1: /metrics is not served, the agents continue; ${cure('METRICS_PORT')}`,
    `[TELEMETRY] MONITOR_PORT ${page} is taken on 127.0.0.1: the status page is not served; ${cure('MONITOR_PORT')}`,
  ])
  expect(code).toBe(0)
})

test('workers of a cluster that take any free port get one each and log it', async () => {
  const { stdout, stderr } = await runNode(['test/programs/two-workers.ts'], { env: { METRICS_PORT: '0', MONITOR_PORT: '0' } })
  const urls = [...stdout.matchAll(/http:\S+?(?=[,\s])/g)].map(([url]) => url)
  expect(new Set(urls).size).toBe(4)
  for (const url of urls) expect(stderr).toContain(`of this worker is at ${url}`)
})

test('the process that forks a cluster logs once where the runs of its workers are recorded', async () => {
  const code = `
    import cluster from 'node:cluster'
    import { startTelemetry } from './src/index.ts'
    await startTelemetry({ configFile: false, metrics: { port: 0 }, monitor: { port: false } })
    cluster.setupPrimary({ exec: 'test/programs/two-workers.ts', execArgv: ['--conditions=swarmwatch-source'] })
    for (const worker of [cluster.fork(), cluster.fork()]) worker.on('online', () => worker.process.kill('SIGKILL'))`
  const { stderr } = await runNode(['--input-type=module', '--eval', code])
  expect(stderr.match(/runs of the cluster's workers are neither on the status page nor in \/metrics/g)).toHaveLength(1)
})

test('a worker thread with its own telemetry logs once, with its first run, where its runs are recorded', async () => {
  const thread = `
    import('@swarmwatch/sdk').then(async ({ instrumentAgent }) => {
      for (const task of ['one', 'two']) await instrumentAgent(async () => task, { name: 'threaded' })()
    })`
  const run = `
    import { Worker } from 'node:worker_threads'
    new Worker(${JSON.stringify(thread)}, { eval: true })`
  const idle = `
    import { Worker } from 'node:worker_threads'
    new Worker('0', { eval: true })`
  const env = { METRICS_PORT: '0' }
  const line =
    /runs of worker thread \d+ are neither on the status page nor in \/metrics of the main thread: set OTEL_EXPORTER_OTLP_ENDPOINT/g
  expect((await runRegistered(run, { env })).stderr.match(line)).toHaveLength(1)
  expect((await runRegistered(idle, { env })).stderr).not.toMatch(line)
})

test('a worker thread in which nothing starts telemetry logs once, with its first run, that its runs are not recorded', async () => {
  const thread = (own: string): string => `
    import('@swarmwatch/sdk').then(async ({ instrumentAgent }) => {
      const telemetry = ${own}
      for (const task of ['one', 'two']) await instrumentAgent(async () => task, { name: 'threaded' })()
      await telemetry?.shutdown()
    })`
  const start = "await (await import('./src/index.ts')).startTelemetry({ configFile: false, metrics: { port: 0 } })"
  const program = (own = 'undefined', main = 'undefined', after = ''): string[] => {
    const code = `
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      const telemetry = ${main}
      ${after}
      await once(new Worker(${JSON.stringify(thread(own))}, { eval: true }), 'exit')
      await telemetry?.shutdown()`
    return ['--input-type=module', '--eval', code]
  }
  const linesOf = async (...parts: string[]): Promise<number> =>
    (await runNode(program(...parts))).stderr.split('nothing started telemetry in this worker thread').length - 1
  expect(await linesOf('undefined', start)).toBe(1)
  expect(await linesOf(start, start)).toBe(0)
  expect(await linesOf('undefined', start, 'await telemetry.shutdown()')).toBe(0)
  expect(await linesOf()).toBe(0)
})
