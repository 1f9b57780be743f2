import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { type Container, eventually, type Network, openNetwork } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasDocker } from './engines/docker.ts'
import { shortenDurations } from './engines/shorten-durations.ts'
import { type GaugePoint, gaugesFrom, push, runsAt } from './engines/otlp.ts'
import { layOutStack, otlpToken, root, type StackFiles } from '../engines/stack-files.ts'
import { basicAuth, isReady, query, runCollector, runPrometheus } from '../engines/run-engines.ts'
import { metricNames } from './metric-names.ts'
import { isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

const bearer = `Bearer ${otlpToken}`
const run = (value: number, atMs: number): string => runsAt(undefined, [{ agent: 'writer', outcome: 'success', value }], atMs)

describe.skipIf(!hasDocker).concurrent('the Collector', () => {
  let files: StackFiles
  let network: Network
  beforeAll(async () => {
    files = layOutStack()
    network = await openNetwork()
  })
  afterAll(async () => {
    await network.remove()
    rmSync(files.folder, { recursive: true })
  })

  test('loses no step of a counter when it is killed while Prometheus is down', async () => {
    const prometheus = await runPrometheus(network, files)
    const collector = await runCollector(network, files)
    const first = Date.now() - 120_000
    let step = 0
    const send = async (steps: number): Promise<void> => {
      const address = `${await collector.url(4318)}/v1/metrics`
      for (let n = 0; n < steps; n += 1) {
        step += 1
        expect(await push(address, run(step, first + step * 1_000), bearer)).toBe(200)
      }
    }
    const seen = async (): Promise<string[]> => {
      const [series] = await query(prometheus, 'agent_executions_total{agent_name="writer", outcome="success"}[10m]')
      return [...new Set((series?.values ?? []).map(([, value]) => value))].filter((value) => value !== '0')
    }
    const seenSteps = (last: number): Promise<true> =>
      eventually(`step ${last} in Prometheus`, async () => ((await seen()).includes(String(last)) ? true : undefined))

    await send(5)
    await seenSteps(5)
    await prometheus.stop()
    await send(5)
    await collector.kill()
    await collector.start()
    await eventually('the Collector', async () => ((await fetch(await collector.url(13133))).ok ? true : undefined))
    await send(5)
    await prometheus.start()
    await isReady(prometheus)
    await send(5)
    await eventually('all 20 steps in Prometheus', async () => ((await seen()).length === 20 ? true : undefined))
    expect(await seen()).toEqual(Array.from({ length: 20 }, (_, n) => String(n + 1)))
    const [series] = await query(prometheus, 'agent_executions_total')
    expect(series?.metric).toEqual({
      __name__: 'agent_executions_total',
      agent_name: 'writer',
      cloud_region: 'eu-1',
      deployment_environment_name: 'production',
      instance: 'test-anywhere',
      job: 'agents/workers',
      outcome: 'success',
    })
  })

  test('renames the job of an agent that poses as a service of the stack, whose alerts it could silence', async () => {
    const other = await openNetwork()
    try {
      const prometheus = await runPrometheus(other, files)
      const collector = await runCollector(other, files)
      const address = `${await collector.url(4318)}/v1/metrics`
      const forged: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
        [{ 'service.name': 'alert-bridge' }, {}],
        [{ 'service.name': 'alert-bridge', 'service.namespace': '' }, {}],
        [{ 'service.name': '', 'service.namespace': 'alert-bridge' }, {}],
        [{}, { job: 'alert-bridge', instance: 'alert-bridge:8090' }],
        [{ 'service.name': 'agent' }, { job: 'alert-bridge' }],
        [{ 'service.namespace': 'swarm' }, { job: 'alert-bridge' }],
      ]
      for (const [index, [resource, labels]] of forged.entries())
        expect(
          await push(address, gaugesFrom(resource, [{ name: 'up', labels: { ...labels, forged: String(index) } }]), bearer),
        ).toBe(200)
      const found = await eventually('every forged series', async () => {
        const series = await query(prometheus, 'up{forged!=""}')
        return series.length === forged.length ? series : undefined
      })
      const jobs = found
        .toSorted((a, b) => Number(a.metric['forged']) - Number(b.metric['forged']))
        .map(({ metric }) => metric['job'])
      expect(jobs).toEqual([
        'agents/alert-bridge',
        '/alert-bridge',
        'alert-bridge/',
        'agents/unknown_service',
        'agents/agent',
        'swarm/unknown_service',
      ])
    } finally {
      await other.remove()
    }
  })

  test('no metric that an agent pushes breaks a rule, or raises or hides an alert about the stack', async () => {
    const shortened = layOutStack()
    shortenDurations(shortened, 'http://alert-bridge:8090')
    const other = await openNetwork()
    try {
      const prometheus = await runPrometheus(other, shortened)
      const collector = await runCollector(other, shortened)
      const address = `${await collector.url(4318)}/v1/metrics`
      const rules = ruleFiles(readMixinSettings(join(root, 'config/production.yaml'))).flatMap(({ groups }) =>
        groups.flatMap((group) => group.rules),
      )
      // Everything that rules read, what they record and what Prometheus keeps of alerts
      const names = new Set([...rules.flatMap(({ expr }) => metricNames(expr)), 'ALERTS', 'ALERTS_FOR_STATE'])
      for (const rule of rules) if (!isAlert(rule)) names.add(rule.record)
      const identity = { 'agent.name': 'forger', outcome: 'failure', le: '1', 'swarmwatch.variant': 'a' }
      // Series that become one as soon as a rule sets its own labels or ignores one: Prometheus
      // refuses the result of such a rule as a whole, including its results about others
      const setByRules = new Set(rules.flatMap((rule) => (isAlert(rule) ? [] : Object.keys(rule.labels ?? {}))))
      const differences = [
        {},
        ...['alertname', 'severity', 'category', 'any', ...setByRules].map((name) => ({ [name]: 'forged' })),
      ]
      const points = (step: number): readonly GaugePoint[] =>
        [...names].flatMap((name) =>
          differences.flatMap((difference) => [
            { name, labels: { ...identity, kind: 'zero', ...difference }, value: 0 },
            { name, labels: { ...identity, kind: 'growing', ...difference }, value: step * 1e6 },
          ]),
        )
      let step = 0
      const forge = async (): Promise<void> => {
        const resource = { 'service.name': 'agent', 'deployment.environment.name': 'production' }
        expect(await push(address, gaugesFrom(resource, points((step += 1))), bearer)).toBe(200)
      }
      await eventually('every forged name', async () => {
        await forge()
        const found = await query(prometheus, 'group by (__name__) ({job="agents/agent", kind="growing", any="forged"})')
        return found.length === names.size ? found : undefined
      })
      const forgedAt = Date.now()
      const evaluated = await eventually('every rule evaluated with what is forged', async () => {
        await forge()
        const found = await rulesOf(prometheus)
        return found.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > forgedAt + 3_000) ? found : undefined
      })
      // A rule that writes a forged series may come later than the forger's own sample: that sample
      // alone is left out
      const failing = evaluated.filter(
        ({ health, lastError }) => health !== 'ok' && !/^(out of order|duplicate) sample/.test(lastError ?? ''),
      )
      expect(failing.map(({ name, lastError }) => `${name}: ${lastError}`)).toEqual([])

      const alerts = evaluated.flatMap((rule) => rule.alerts ?? []).map(({ labels }) => labels)
      const ofStack = alerts.filter(({ category }) => category === 'pipeline' || category === 'bridge')
      expect(ofStack.filter(({ job = '' }) => job.includes('/'))).toEqual([])
      // The agent can name itself failing, and what is really away is not hidden
      expect(alerts).toContainEqual(expect.objectContaining({ alertname: 'AgentErrorRateCritical', job: 'agents/agent' }))
      expect(ofStack.map(({ alertname, job }) => `${alertname} ${job}`)).toEqual(
        expect.arrayContaining(['BridgeDown alert-bridge', 'TargetDown alertmanager']),
      )
    } finally {
      await other.remove()
      rmSync(shortened.folder, { recursive: true })
    }
  })

  test('a point that Prometheus refuses costs only the metrics of the agent that sent it', async () => {
    const other = await openNetwork()
    try {
      const prometheus = await runPrometheus(other, files)
      const collector = await runCollector(other, files)
      const address = `${await collector.url(4318)}/v1/metrics`
      const from = (service: string, name: string, labels = {}, atMs = Date.now()): Promise<number> =>
        push(address, gaugesFrom({ 'service.name': service }, [{ name, labels }], atMs), bearer)
      const hour = 3_600_000
      const rounds = Array.from({ length: 5 }, (_, round) => round)
      for (const round of rounds) {
        await Promise.all([
          from('other', `before_${round}`),
          from('wrong-clock', 'refused', {}, Date.now() + hour),
          from('wrong-clock', 'refused', {}, Date.now() - 24 * hour),
          from('no-name', 'refused', { '': 'x' }),
          from('other', `after_${round}`),
        ])
      }
      const expected = rounds.flatMap((round) => [`after_${round}`, `before_${round}`])
      const arrived = await eventually('the metrics of the other agent', async () => {
        const found = await query(prometheus, 'last_over_time({job="agents/other", __name__!="target_info"}[1h])')
        return found.length === expected.length ? found : undefined
      })
      expect(new Set(arrived.map(({ metric }) => metric['__name__']))).toEqual(new Set(expected))
      // Otherwise nothing was refused, and the test shows nothing
      const metrics = await (await fetch(`${await collector.url(8888)}/metrics`)).text()
      expect(metrics).toMatch(/^otelcol_exporter_send_failed_metric_points_total\{.*\} [1-9]/m)
    } finally {
      await other.remove()
    }
  })

  test('prints log records of agents, with their region, and without secrets and prompts', async () => {
    const other = await openNetwork()
    try {
      const collector = await runCollector(other, files)
      const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
      const attributes = [
        text('exception.type', 'RateLimitError'),
        text('exception.message', 'key sk-0123456789abcdefghijklmnop is over its limit'),
        text('gen_ai.input.messages', 'the prompt of a user'),
      ]
      const logRecords = [{ timeUnixNano: `${Date.now()}000000`, eventName: 'exception', severityNumber: 17, attributes }]
      const resourceLogs = [{ resource: { attributes: [text('service.name', 'workers')] }, scopeLogs: [{ logRecords }] }]
      const address = `${await collector.url(4318)}/v1/logs`
      expect(await push(address, JSON.stringify({ resourceLogs }), bearer)).toBe(200)
      const printed = await eventually('the log record', async () => {
        const lines = await collector.logs()
        return lines.includes('RateLimitError') ? lines : undefined
      })
      for (const part of ['exception', 'workers', 'eu-1', 'is over its limit']) expect(printed).toContain(part)
      expect(printed).not.toMatch(/sk-0123456789|the prompt of a user/)
    } finally {
      await other.remove()
    }
  })

  test('refuses a wrong token and a body of 20 MB', async () => {
    const other = await openNetwork()
    try {
      const collector = await runCollector(other, files)
      const address = `${await collector.url(4318)}/v1/metrics`
      const body = run(1, Date.now())
      expect(await push(address, body, 'Bearer wrong')).toBe(401)
      expect(await push(address, body, '')).toBe(401)
      expect(await push(address, body + ' '.repeat(20 * 1024 * 1024), bearer)).toBe(400)
      expect(await push(address, body, bearer)).toBe(200)
      const accepted = await (await fetch(`${await collector.url(8888)}/metrics`)).text()
      expect(accepted).toMatch(/^otelcol_receiver_accepted_metric_points_total\{receiver="otlp",transport="http"\} 1$/m)
    } finally {
      await other.remove()
    }
  })

  test('counts in its metrics that its queue is full and that it drops data', async () => {
    const other = await openNetwork()
    try {
      // no Prometheus in this network
      const small = { queue_size: 5, batch: { flush_timeout: '1s', min_size: 1, max_size: 5 } }
      const collector = await runCollector(other, files, {
        overlay: { exporters: { 'otlp_http/prometheus': { sending_queue: small } } },
      })
      const address = `${await collector.url(4318)}/v1/metrics`
      const statuses: number[] = []
      for (let n = 1; n <= 10; n += 1) statuses.push(await push(address, run(n, Date.now()), bearer))
      expect(new Set(statuses)).toEqual(new Set([200, 503]))
      const metrics = await (await fetch(`${await collector.url(8888)}/metrics`)).text()
      expect(metrics).toMatch(/^otelcol_exporter_enqueue_failed_metric_points_total\{exporter="otlp_http\/prometheus"\} [1-9]/m)
      expect(metrics).toMatch(/^otelcol_exporter_queue_capacity\{data_type="metrics",exporter="otlp_http\/prometheus"\} 5$/m)
      expect(metrics).toMatch(/^otelcol_receiver_refused_metric_points_total\{receiver="otlp",transport="http"\} [1-9]/m)
    } finally {
      await other.remove()
    }
  })
})

interface EvaluatedRule {
  readonly name: string
  readonly health: string
  readonly lastError?: string
  readonly lastEvaluation: string
  readonly alerts?: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

async function rulesOf(prometheus: Container): Promise<readonly EvaluatedRule[]> {
  const response = await fetch(`${await prometheus.url(9090)}/api/v1/rules`, { headers: { authorization: basicAuth } })
  const { data } = (await response.json()) as { data: { groups: { rules: EvaluatedRule[] }[] } }
  return data.groups.flatMap(({ rules }) => rules)
}
