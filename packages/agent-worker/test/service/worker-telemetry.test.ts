import type { RequestListener } from 'node:http'

import { repositoryVersion } from '@swarmwatch/testkit'
import { expect } from 'vitest'

import { startLocalServer } from '../../src/http-server.ts'
import { test } from './start-worker.ts'

interface Collector {
  readonly url: string
  /** The received protobuf data, in which names and texts are readable. */
  readonly received: () => string
  readonly close: () => Promise<void>
}

/** Starts a collector that answers every export with `status`, or never. */
async function startCollector(status: number | 'silence'): Promise<Collector> {
  let received = ''
  const handle: RequestListener = (request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    request.on('end', () => {
      if (status !== 'silence') response.writeHead(status).end()
    })
  }
  return { ...(await startLocalServer(handle)), received: () => received }
}

test.concurrent('one line with the status 401 reports a wrong OTLP token, and the agents continue', async ({
  startWorker,
  onTestFinished,
}) => {
  const { url, close } = await startCollector(401)
  onTestFinished(close)
  const worker = startWorker({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    SWARMWATCH_OTLP_TOKEN: 'a-wrong-one',
    // Also the time limit of an export, which must be long enough for an answer on a busy machine
    METRICS_EXPORT_INTERVAL: '5',
  })
  await worker.prints(/OTLP export to \S+ fails \(401/)
  await worker.task(await worker.add({ agent: 'rapid-builder' }), 'succeeded')
  worker.process.kill('SIGTERM')
  const { code, output } = await worker.ended()
  expect({ code, lines: output.split('\n').filter((line) => line.startsWith('[TELEMETRY]')) }).toEqual({
    code: 0,
    lines: [
      expect.stringMatching('model and tool calls: wire; ai-sdk') as string,
      `[TELEMETRY] OTLP export to ${url} fails (401; check SWARMWATCH_OTLP_TOKEN); the agents continue, and the export is retried`,
      expect.stringMatching('no price for model scripted-1') as string,
    ],
  })
})

test.concurrent('a collector that never answers does not keep the worker from stopping', async ({
  startWorker,
  onTestFinished,
}) => {
  const { url, close } = await startCollector('silence')
  onTestFinished(close)
  const worker = startWorker({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  await worker.task(await worker.add({ agent: 'rapid-builder' }), 'succeeded')
  worker.process.kill('SIGTERM')
  expect((await worker.ended()).code).toBe(0)
})

test.concurrent('telemetry of the worker names agent-worker, swarmwatch and the package version, and is flushed before the process ends', async ({
  startWorker,
  onTestFinished,
}) => {
  const { url, received, close } = await startCollector(200)
  onTestFinished(close)
  const worker = startWorker({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  await worker.task(await worker.add({ agent: 'rapid-builder' }), 'succeeded')
  worker.process.kill('SIGTERM')
  await worker.ended()
  const expected = ['agent-worker', 'swarmwatch', repositoryVersion, 'invoke_agent rapid-builder', 'agent.executions']
  expect(expected.filter((text) => !received().includes(text))).toEqual([])
})

test.concurrent('environment variables override service name and version, and each process has its own instance id', async ({
  startWorker,
  onTestFinished,
}) => {
  const { url, received, close } = await startCollector(200)
  onTestFinished(close)
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_SERVICE_NAME: 'another-swarm',
    OTEL_RESOURCE_ATTRIBUTES: 'service.version=build-7',
  }
  const workers = [startWorker(env), startWorker(env)]
  for (const worker of workers) {
    await worker.url()
    worker.process.kill('SIGTERM')
    await worker.ended()
  }
  expect(['another-swarm', 'build-7'].filter((text) => !received().includes(text))).toEqual([])
  expect(received()).not.toContain('agent-worker')
  // Between the name and the UUID there are two protobuf tags and their lengths
  const instances = received().matchAll(/service\.instance\.id[^]{1,6}?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g)
  expect(new Set([...instances].map(([, id]) => id)).size).toBe(2)
})
