import { chmodSync, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { imageOf, openNetwork, untilAnswers, whyNoEngines } from '@swarmwatch/testkit'

/** A series with its increase in each hour, or, of a gauge, its value. */
export interface SimulatedSeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly hourly: ArrayLike<number>
  /** @default false: a counter */
  readonly isGauge?: boolean
  /** Hours before which it does not exist. @default 0 */
  readonly from?: number
}

/** A real Prometheus that holds a history. */
export interface PrometheusWithHistory extends AsyncDisposable {
  readonly url: string
  /** End of the history, in milliseconds since 1970. */
  readonly endMs: number
  /** SIGKILL. */
  kill(): Promise<void>
}

/** Why no Prometheus can run on this machine; undefined if it can. */
export const whyNoPrometheus: string | undefined = whyNoEngines('prometheus')

const hour = 3_600
/** Samples of an hour. */
const samples = 4

/** Starts Prometheus with these series, which all end at the last full hour before now, or at `endMs`. */
export async function prometheusWithHistory(
  series: readonly SimulatedSeries[],
  {
    endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000,
    gap,
  }: { endMs?: number; gap?: readonly [from: number, to: number] } = {},
): Promise<PrometheusWithHistory> {
  const folder = mkdtempSync(join(tmpdir(), 'advisor-history-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'prometheus.yml'), 'global: { scrape_interval: 1h }\n')
  await writeOpenMetrics(join(folder, 'history.om'), series, { end: endMs / 1_000, gap })
  const network = await openNetwork()
  const close = async (): Promise<void> => {
    await network.remove()
    rmSync(folder, { recursive: true })
  }
  try {
    const container = await network.run('prometheus', {
      image: imageOf('prometheus'),
      args: [
        '--config.file=/history/prometheus.yml',
        '--storage.tsdb.path=/tmp/prometheus',
        '--storage.tsdb.retention.time=20y',
        '--web.enable-otlp-receiver',
      ],
      mounts: { '/history': folder },
      ports: [9090],
    })
    const ready = (): Promise<void> => untilAnswers(async () => `${await container.url(9090)}/-/ready`, 'Prometheus')
    await ready()
    if (series.length > 0) {
      const blocks = ['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', '--quiet', '--max-block-duration=1500h']
      await container.exec(...blocks, '/history/history.om', '/tmp/prometheus')
      await container.stop()
      await container.start()
      await ready()
    }
    return { url: await container.url(9090), endMs, kill: () => container.kill(), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function writeOpenMetrics(
  path: string,
  series: readonly SimulatedSeries[],
  { end, gap = [0, 0] }: { readonly end: number; readonly gap?: readonly [from: number, to: number] | undefined },
): Promise<void> {
  const file = createWriteStream(path)
  for (const { name, labels, hourly, isGauge = false, from = 0 } of series.toSorted((a, b) => a.name.localeCompare(b.name))) {
    const pairs = Object.entries({ job: 'swarmwatch/worker', instance: 'one', ...labels }).map(
      ([key, value]) => `${key}=${JSON.stringify(value)}`,
    )
    const lines: string[] = []
    let sum = 0
    const start = end - hourly.length * hour
    for (let at = 0; at < hourly.length; at++) {
      for (let part = 1; part <= samples; part++) {
        const value = isGauge ? hourly[at]! : sum + (hourly[at]! * part) / samples
        const isThere = at >= from && !(at >= gap[0] && at < gap[1])
        if (isThere) lines.push(`${name}{${pairs.join(',')}} ${value} ${start + at * hour + (part * hour) / samples}\n`)
      }
      sum += hourly[at]!
    }
    if (!file.write(lines.join(''))) await once(file, 'drain')
  }
  file.end('# EOF\n')
  await once(file, 'close')
}
