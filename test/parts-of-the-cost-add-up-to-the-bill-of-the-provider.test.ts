import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runAdvise } from '@swarmwatch/advisor'
import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'
import { imageOf, openNetwork, untilAnswers, whyNoEngines } from '@swarmwatch/testkit'
import { answer, failure, openModelProvider } from '@swarmwatch/testkit/providers'
import { expect, test } from 'vitest'

const whyNot = whyNoEngines('prometheus')
if (whyNot !== undefined) console.log(`skipped: ${whyNot}`)

const runs = 10_000
/** US dollars for a million tokens. */
const price = { input: 2.5, output: 10 }

/** Fails now and then: before the answer, which costs nothing, and after it, which does. */
function agentOf(url: string): (run: number) => Promise<string> {
  return instrumentAgent(
    async (run: number) => {
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm-1', messages: [{ role: 'user', content: String(run) }] }),
      })
      const text = await response.text()
      if (!response.ok) throw Object.assign(new Error('refused'), { status: response.status })
      if (run % 50 === 0) throw Object.assign(new Error('rejected'), { status: 503 })
      return text
    },
    { name: 'billed', logger: false, recovery: { baseDelaySeconds: 0 } },
  )
}

test.skipIf(whyNot !== undefined)(
  'the cost of 10,000 runs has parts that add up to the bill of the provider, to the cent',
  async () => {
    const network = await openNetwork()
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'prometheus.yml'), 'global: { scrape_interval: 1m }\n')
    await using provider = await openModelProvider(({ number }) => (number % 17 === 0 ? failure(503) : answer()))
    try {
      const container = await network.run('prometheus', {
        image: imageOf('prometheus'),
        args: ['--config.file=/config/prometheus.yml', '--storage.tsdb.path=/tmp/prometheus', '--web.enable-otlp-receiver'],
        mounts: { '/config': folder },
        ports: [9090],
      })
      await untilAnswers(async () => `${await container.url(9090)}/-/ready`, 'Prometheus')
      const url = await container.url(9090)
      const telemetry = await startTelemetry({
        env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/api/v1/otlp/v1/metrics` },
        configFile: false,
        logger: false,
        // Several samples, also on a fast machine: the hours of a history are those in which a counter rises
        metrics: { port: 0, exportIntervalSeconds: 1 },
        monitor: { port: false },
        prices: { 'm-1': price },
      })
      const agent = agentOf(provider.openaiUrl)
      let next = 0
      const work = async (): Promise<void> => {
        while (next < runs) await agent(next++).catch(() => {})
      }
      await Promise.all(Array.from({ length: 10 }, work))
      await telemetry.shutdown()

      const lines: string[] = []
      // After the hour of the runs
      const now = (): number => Date.now() + 3_600_000
      const output = { print: (text: string) => void lines.push(text), printError: (text: string) => void lines.push(text) }
      await runAdvise(['--prometheus', url, '--json'], { env: { SWARMWATCH_CONFIG: '' }, now, ...output })
      const { costParts } = JSON.parse(lines.join('\n')) as { costParts: Record<string, number>[] }
      const { total, useful, retried, failed, uselessRetries, cancelled } = costParts[0]!
      const { inputTokens, outputTokens } = provider.billed()
      expect(total).toBeCloseTo((inputTokens * price.input + outputTokens * price.output) / 1e6, 4)
      expect(useful! + retried! + failed! + uselessRetries! + cancelled!).toBeCloseTo(total!, 6)
      expect([failed! > 0, uselessRetries! > 0]).toEqual([true, true])
    } finally {
      await network.remove()
      rmSync(folder, { recursive: true })
    }
  },
  900_000,
)
