import { rmSync } from 'node:fs'

import {
  eventually,
  headerOf,
  type MailServer,
  type Network,
  openMailServer,
  openNetwork,
  openTraceStore,
} from '@swarmwatch/testkit'
import type { TraceApi, TraceStoreServer } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type ChildProcess, startSource } from './child-process.ts'
import { hasDocker } from './docker.ts'
import { runCollector } from '../../engines/run-engines.ts'
import { bridgeToken, layOutStack, otlpToken, type StackFiles } from '../../engines/stack-files.ts'
import { isAlert } from '../../src/rule.ts'
import { ruleFiles } from '../../src/rule-files.ts'
import { readMixinSettings } from '../../src/settings.ts'

/**
 * Runs of real agents go through the real Collector to a small store that answers as the documentation of Jaeger's query API has it. The
 * real bridge sends alerts about these agents by mail.
 */
describe.skipIf(!hasDocker)('the mail about an alert', () => {
  let files: StackFiles
  let network: Network
  let store: TraceStoreServer
  let mail: MailServer
  let failedIds: readonly string[]
  beforeAll(async () => {
    files = layOutStack()
    network = await openNetwork()
    store = await openTraceStore({ host: '0.0.0.0' })
    mail = await openMailServer()
    const exporter = { traces_endpoint: `http://test:${store.port}/v1/traces`, encoding: 'json', compression: 'none' }
    const collector = await runCollector(network, files, {
      overlay: {
        exporters: { 'otlp_http/store': exporter },
        service: { pipelines: { traces: { exporters: ['otlp_http/store'] } } },
      },
    })
    const agents = startSource('packages/node/test/programs/failing-agent.ts', [], {
      OTEL_EXPORTER_OTLP_ENDPOINT: await collector.url(4318),
      SWARMWATCH_OTLP_TOKEN: otlpToken,
      METRICS_PORT: '0',
    })
    const failed = /\[FAILED\] writer [\s\S]*?execution_id=(\S+)[\s\S]*\[FAILED\] writer [\s\S]*?execution_id=(\S+)/
    await agents.prints(failed)
    failedIds = [...agents.output().matchAll(/execution_id=(\S+) trace_id=(\S+)/g)].map(([, id]) => id!)
    await eventually('all runs in the store', () => runsOf('writer').length === 4 && runsOf('planner').length === 3)
    await agents.stop()
  }, 600_000)
  afterAll(async () => {
    await network?.remove()
    await store?.close()
    await mail?.close()
    rmSync(files.folder, { recursive: true })
  })

  const runsOf = (agent: string) => store.all().filter(({ name }) => name === `invoke_agent ${agent}`)

  async function withBridge(work: (send: (alert: object) => Promise<string>) => Promise<void>): Promise<void> {
    const data = `${files.folder}/bridge-${store.api}`
    const bridge: ChildProcess = startSource('packages/alert-bridge/src/cli.ts', ['serve'], {
      BRIDGE_PORT: '0',
      BRIDGE_TOKEN: bridgeToken,
      BRIDGE_DATA_DIR: data,
      TRACES_URL: store.url,
      TRACE_LINK: `${store.url}/trace/{trace_id}`,
      ALERT_EMAIL_HOST: '127.0.0.1',
      ALERT_EMAIL_PORT: String(mail.port),
      ALERT_EMAIL_TO: 'ops@example.com',
    })
    try {
      const port = await bridge.prints(/ready on http:\/\/[^ ]*:(\d+)/)
      await work(async (alert) => {
        const before = mail.mails.length
        const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`, {
          method: 'POST',
          headers: { authorization: `Bearer ${bridgeToken}`, 'content-type': 'application/json' },
          body: JSON.stringify(alert),
        })
        expect(response.status).toBe(200)
        return eventually('the mail', () => mail.mails[before] && textOf(mail.mails[before].raw))
      })
    } finally {
      await bridge.stop()
    }
  }

  const apis: readonly TraceApi[] = ['v3', 'early-v3', 'jaeger-1']
  test.each(apis)('opens the trace of the newest run that failed, slowed down or was retried (API %s)', async (api) => {
    store.api = api
    await withBridge(async (send) => {
      const failed = await send(groupOf('AgentErrorRateCritical', 'writer'))
      const trace = store.spansOf(traceIn(failed))
      expect(trace.map(({ name }) => name)).toContain('execute_tool search')
      expect(trace.find(({ name }) => name === 'invoke_agent writer')).toMatchObject({ status: { code: 2 } })
      expect(idOf(trace.find(({ name }) => name === 'invoke_agent writer')!)).toBe(failedIds.at(-1))
      expect(/Execution ids: +(.*)/.exec(failed)?.[1]).toBe(failedIds.toReversed().join(', '))

      const slow = store.spansOf(traceIn(await send(groupOf('AgentSlowResponses', 'planner'))))
      const root = slow.find(({ name }) => name === 'invoke_agent planner')!
      expect(Number(root.endTimeUnixNano) - Number(root.startTimeUnixNano)).toBeGreaterThanOrEqual(290e6)

      const retried = store.spansOf(traceIn(await send(groupOf('AgentRetriesHigh', 'reader'))))
      expect(retried.filter(({ name }) => name.startsWith('attempt '))).toHaveLength(2)
    })
  })

  test('names no trace for an agent without a failed run, and links to the list of runs', async () => {
    store.api = 'v3'
    await withBridge(async (send) => {
      const text = await send(groupOf('AgentErrorRateCritical', 'planner'))
      expect(text).not.toContain('/trace/')
      expect(text).toContain('Traces: http://grafana.test/explore')
    })
  })
})

/** The annotations that the rule of an alert has, and labels as Prometheus sets them. */
function groupOf(alertname: string, agent: string): object {
  const rules = ruleFiles(readMixinSettings('config/production.yaml')).flatMap(({ groups }) =>
    groups.flatMap((group) => group.rules),
  )
  const rule = rules.filter(isAlert).find((each) => each.alert === alertname)!
  const labels = { alertname, agent_name: agent, job: 'agents/failing', severity: 'critical' }
  const annotations = {
    runbook_url: 'http://runbooks.test/Runbook.md',
    traces_url: 'http://grafana.test/explore?schemaVersion=1',
    ...(rule.runs !== undefined && { __runs: rule.runs }),
  }
  const alert = { status: 'firing', labels, annotations, startsAt: new Date().toISOString() }
  return { version: '4', status: 'firing', receiver: 'bridge', groupLabels: { alertname, agent_name: agent }, alerts: [alert] }
}

function traceIn(text: string): string {
  const found = /Trace of a (?:failed run|slow run|run with retries): http:\/\/\S+\/trace\/([\da-f]{32})/.exec(text)?.[1]
  if (found === undefined) throw new Error(`no link to a trace in ${text}`)
  return found
}

function idOf({
  attributes = [],
}: {
  readonly attributes?: readonly { key: string; value: Readonly<Record<string, unknown>> }[]
}): unknown {
  return attributes.find(({ key }) => key === 'swarmwatch.execution.id')?.value['stringValue']
}

/** The text part of a mail. */
function textOf(raw: string): string {
  const boundary = /boundary="?([^"\s;]+)/.exec(headerOf(raw, 'content-type') ?? '')?.[1]
  const part = raw.split(`--${boundary}`).find((each) => each.includes('text/plain'))!
  const body = part.slice(part.indexOf('\r\n\r\n') + 4)
  const bytes = part.includes('quoted-printable')
    ? Buffer.from(
        body
          .replaceAll('=\r\n', '')
          .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      )
    : part.includes('base64')
      ? Buffer.from(body, 'base64')
      : Buffer.from(body)
  return bytes.toString('utf8')
}
