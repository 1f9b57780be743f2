import { rmSync } from 'node:fs'

import { type Container, eventually, type Network, openNetwork } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type ChildProcess, startSource } from './child-process.ts'
import { hasDocker } from './docker.ts'
import { shortenDurations } from './shorten-durations.ts'
import { basicAuth, query, runPrometheus } from '../../engines/run-engines.ts'
import { layOutStack, type StackFiles } from '../../engines/stack-files.ts'

interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: string
}

describe.skipIf(!hasDocker)('in a real Prometheus that a real process sends its metrics to', () => {
  let files: StackFiles
  let network: Network
  let prometheus: Container
  let agents: ChildProcess
  beforeAll(async () => {
    files = layOutStack()
    // No one receives the alerts
    shortenDurations(files, 'http://127.0.0.1:9')
    network = await openNetwork()
    prometheus = await runPrometheus(network, files)
    agents = startSource('packages/node/test/programs/stuck-agent.ts', [], {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${await prometheus.url(9090)}/api/v1/otlp/v1/metrics`,
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: `authorization=${encodeURIComponent(basicAuth)}`,
      METRICS_EXPORT_INTERVAL: '1',
      METRICS_PORT: '0',
    })
  })
  afterAll(async () => {
    await agents?.stop()
    await network?.remove()
    rmSync(files.folder, { recursive: true })
  })

  async function alerts(): Promise<FiringAlert[]> {
    const response = await fetch(`${await prometheus.url(9090)}/api/v1/alerts`, { headers: { authorization: basicAuth } })
    const { data } = (await response.json()) as { data: { alerts: FiringAlert[] } }
    return data.alerts.filter(({ labels, state }) => labels['alertname'] === 'AgentRunStuck' && state === 'firing')
  }

  test('the alert names the run that hangs in a tool; a paused run and one that works on raise none', async () => {
    const id = await agents.prints(/hanging: (\S+)/)
    const firing = await eventually('the alert with the usual duration', async () => {
      const found = await alerts()
      return found.some(({ annotations }) => annotations['description']?.includes('99%')) ? found : undefined
    })
    expect(firing.map(({ labels }) => labels['agent_name'])).toEqual(['hanging'])
    const { summary, description } = firing[0]!.annotations
    expect(summary).toMatch(/^A run of hanging has made no progress for \d+m? ?\d*s?/)
    expect(description).toContain(`Run ${id} in `)
    expect(description).toContain('since "tool call started: search".')
    const others = await query(prometheus, 'max by (agent_name) (agent_last_progress_seconds) < 30')
    expect(new Set(others.map(({ metric }) => metric['agent_name']))).toEqual(new Set(['approving', 'working']))
    const paused = await query(prometheus, 'sum by (agent_name) (agent_paused) > 0')
    expect(paused.map(({ metric }) => metric['agent_name'])).toEqual(['approving'])
  })
})
