import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { docker, eventually } from '@swarmwatch/testkit'

import { images, removeAll } from './docker.ts'

/** A real Collector that sends to a real Prometheus. */
export interface Engines {
  readonly otlpUrl: string
  readonly prometheusUrl: string
  /** The address of this machine as the containers see it: serve there what Prometheus scrapes. */
  readonly hostAddress: string
  /** Prometheus scrapes this `/metrics` from now on, every second. */
  scrape(metricsUrl: string): Promise<void>
  /** The output of promtool for the text of a scrape; rejects when it finds an error. */
  promtoolCheck(text: string): Promise<string>
  stop(): Promise<void>
}

const collectorFile = fileURLToPath(new URL('collector.yaml', import.meta.url))

/**
 * The settings of the test with `otlp:` of the production stack: what is promoted there is promoted
 * here. Histograms are classic, so that their parts can be compared with those of the scrape.
 */
function prometheusSettings(): string {
  const [production, test] = ['../../../../collector/prometheus/prometheus.yaml', 'prometheus.yaml'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  )
  const [otlp] = /^otlp:\n(?: .*\n)+/m.exec(production!) ?? []
  if (otlp === undefined) throw new Error('collector/prometheus/prometheus.yaml has no otlp:')
  return test + otlp.replace('convert_histograms_to_nhcb: true', 'convert_histograms_to_nhcb: false')
}

/** Starts both under names of their own, on free ports of 127.0.0.1. */
export async function startEngines(): Promise<Engines> {
  const id = `swarmwatch-node-test-${randomBytes(4).toString('hex')}`
  const [network, prometheus, collector] = [id, `${id}-prometheus`, `${id}-collector`]
  const made = [
    ['network', network],
    ['container', prometheus],
    ['container', collector],
  ] as const
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-engines-'))
  const stop = async (): Promise<void> => {
    await removeAll(made)
    await rm(folder, { recursive: true })
  }
  const prometheusFile = join(folder, 'prometheus.yml')
  await writeFile(prometheusFile, prometheusSettings(), { mode: 0o644 })
  try {
    await docker('network', 'create', network)
    const hostAddress = await docker('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}', network)
    // prettier-ignore
    await startContainer(prometheus, ['--network', network, '--network-alias', 'prometheus', '--publish', '127.0.0.1::9090'], images.prometheus,
      ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/tmp/data', '--web.enable-otlp-receiver', '--web.enable-lifecycle', '--enable-feature=type-and-unit-labels'],
      [prometheusFile, '/etc/prometheus/prometheus.yml'])
    await startContainer(
      collector,
      ['--network', network, '--publish', '127.0.0.1::4318'],
      images.collector,
      ['--config=/etc/collector.yaml'],
      [collectorFile, '/etc/collector.yaml'],
    )
    const prometheusUrl = `http://${await docker('port', prometheus, '9090/tcp')}`
    const otlpUrl = `http://${await docker('port', collector, '4318/tcp')}`
    await eventually('Prometheus to be ready', () => isOk(`${prometheusUrl}/-/ready`))
    await eventually('the Collector to listen', () =>
      isOk(`${otlpUrl}/v1/metrics`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
    )
    return {
      otlpUrl,
      prometheusUrl,
      hostAddress,
      async scrape(metricsUrl) {
        const configuration = prometheusSettings().replace('targets: []', `targets: ['${new URL(metricsUrl).host}']`)
        await writeFile(prometheusFile, configuration, { mode: 0o644 })
        await docker('cp', prometheusFile, `${prometheus}:/etc/prometheus/prometheus.yml`)
        const { status } = await fetch(`${prometheusUrl}/-/reload`, { method: 'POST' })
        if (status !== 200) throw new Error(`Prometheus did not reload: ${status}`)
      },
      async promtoolCheck(text) {
        const file = join(folder, 'metrics.txt')
        await writeFile(file, text, { mode: 0o644 })
        await docker('cp', file, `${prometheus}:/tmp/metrics.txt`)
        return docker('exec', prometheus, 'sh', '-c', 'promtool check metrics < /tmp/metrics.txt 2>&1')
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startContainer(
  name: string,
  options: readonly string[],
  image: string,
  command: readonly string[],
  [from, to]: readonly [string, string],
): Promise<void> {
  await docker('create', '--rm', '--pull', 'never', '--name', name, ...options, image, ...command)
  // copied, not mounted: the engine may see another file system, and the container's user may not
  // read ours
  await docker('cp', from, `${name}:${to}`)
  await docker('start', name)
}

async function isOk(url: string, init?: RequestInit): Promise<true | undefined> {
  try {
    return (await fetch(url, init)).ok || undefined
  } catch {
    return undefined
  }
}
