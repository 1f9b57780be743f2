import { rmSync } from 'node:fs'

import { type Container, eventually, type Network, openNetwork } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { wantsLongTests } from './engines/docker.ts'
import { shortenDurations } from './engines/shorten-durations.ts'
import { runsAt, push } from './engines/otlp.ts'
import { openSink, type Notification, type Sink } from './engines/sink.ts'
import { bridgeToken, layOutStack, otlpToken, type StackFiles } from '../engines/stack-files.ts'
import { basicAuth, runAlertmanager, runCollector, runPrometheus } from '../engines/run-engines.ts'

// Real Collector, Prometheus and Alertmanager, all durations 40 times shorter
if (!wantsLongTests) console.log('skipped: from a failing agent to a message takes half a minute (REQUIRE_STACK=1 runs it)')

describe.skipIf(!wantsLongTests)('from a failing agent to a message', { timeout: 300_000 }, () => {
  let files: StackFiles
  let network: Network
  let sink: Sink
  let collector: Container
  let alertmanager: Container
  beforeAll(async () => {
    sink = await openSink()
    files = layOutStack()
    shortenDurations(files, `http://test:${sink.port}`)
    network = await openNetwork()
    alertmanager = await runAlertmanager(network, files)
    collector = await runCollector(network, files)
    await runPrometheus(network, files)
  })
  afterAll(async () => {
    await network.remove()
    await sink.close()
    rmSync(files.folder, { recursive: true })
  })

  test('one broken agent causes one message, and one when it has recovered', async () => {
    // Alerts about the bridge fire before its first scrape when everything but Prometheus' own
    // start is quicker
    const notifications = (): readonly Notification[] =>
      sink.received.filter(
        ({ commonLabels: { category } }) => category === 'agent' || category === 'swarm' || category === 'pipeline',
      )
    const names = (): string[] =>
      notifications().map(({ status, commonLabels: { alertname, cloud_region } }) => `${status} ${alertname} ${cloud_region}`)
    const swarm = startSwarm(`${await collector.url(4318)}/v1/metrics`)
    try {
      // In eu-1 one of three agents fails, in us-1 all do
      swarm.failing = { 'eu-1': ['writer'], 'us-1': ['writer', 'reader', 'planner'] }
      await eventually('the messages', async () => (notifications().length >= 2 ? true : undefined))
      const muted = await eventually('the alerts of the same cause, muted', async () => {
        const suppressed = await suppressedAlerts(alertmanager)
        return suppressed.includes('AgentErrorBudgetBurn eu-1 writer') && suppressed.includes('SwarmHealthLow eu-1 ')
          ? suppressed
          : undefined
      })
      expect(muted).toEqual(
        expect.arrayContaining([
          'AgentErrorRateWarning eu-1 writer',
          'SystemErrorRateWarning eu-1 ',
          'AgentErrorRateCritical us-1 writer',
        ]),
      )
      expect(names().toSorted()).toEqual(['firing AgentErrorRateCritical eu-1', 'firing SystemErrorRateCritical us-1'])

      swarm.failing = {}
      await eventually('the end', async () =>
        names().filter((name) => name.startsWith('resolved')).length === 2 ? true : undefined,
      )
      expect(names().toSorted()).toEqual([
        'firing AgentErrorRateCritical eu-1',
        'firing SystemErrorRateCritical us-1',
        'resolved AgentErrorRateCritical eu-1',
        'resolved SystemErrorRateCritical us-1',
      ])
      expect(new Set(sink.received.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${bridgeToken}`]))
      const watchdog = sink.received.find(({ receiver }) => receiver === 'bridge-watchdog')
      // Its label for the dashboards does not leave Prometheus
      expect(watchdog?.commonLabels).toEqual({ alertname: 'Watchdog', category: 'watchdog', severity: 'none' })
      expect(notifications()[0]?.alerts[0]?.annotations).toMatchObject({
        runbook_url: expect.stringMatching(/^http:\/\/runbooks\.test\/\w+\.md$/) as string,
        dashboard_url: expect.stringMatching(/^http:\/\/grafana\.test\/d\/[\w-]+\?from=\d+&to=now/) as string,
      })
      for (const { at, status, commonLabels } of notifications()) {
        console.log(`${new Date(at).toISOString()} ${status} ${commonLabels['alertname']} ${commonLabels['cloud_region']}`)
      }
    } finally {
      swarm.stop()
    }
  })
})

/** Three agents in each of two regions, two runs a second each. */
function startSwarm(address: string): { failing: Readonly<Record<string, readonly string[]>>; stop(): void } {
  const counts = new Map<string, number>()
  const swarm = { failing: {} as Readonly<Record<string, readonly string[]>>, stop: () => clearInterval(timer) }
  const timer = setInterval(() => {
    for (const region of ['eu-1', 'us-1']) {
      const points = ['writer', 'reader', 'planner'].flatMap((agent) => {
        const outcome = swarm.failing[region]?.includes(agent) === true ? 'failure' : 'success'
        const key = `${region} ${agent} ${outcome}`
        counts.set(key, (counts.get(key) ?? 0) + 2)
        return ['success', 'failure'].map((each) => ({
          agent,
          outcome: each,
          value: counts.get(`${region} ${agent} ${each}`) ?? 0,
        }))
      })
      void push(address, runsAt(region, points, Date.now()), `Bearer ${otlpToken}`)
    }
  }, 1_000)
  return swarm
}

async function suppressedAlerts(alertmanager: Container): Promise<string[]> {
  const response = await fetch(`${await alertmanager.url(9093)}/api/v2/alerts`, { headers: { authorization: basicAuth } })
  const alerts = (await response.json()) as { labels: Record<string, string>; status: { state: string } }[]
  return alerts
    .filter(({ status }) => status.state === 'suppressed')
    .map(({ labels }) => `${labels['alertname']} ${labels['cloud_region']} ${labels['agent_name'] ?? ''}`)
}
