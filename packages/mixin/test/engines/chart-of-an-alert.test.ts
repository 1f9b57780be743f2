import { rmSync, writeFileSync } from 'node:fs'

import { chartAnnotations } from '@swarmwatch/config'
import { type Container, eventually, type MailServer, type Network, openMailServer, openNetwork } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startSource } from './child-process.ts'
import { hasDocker } from './docker.ts'
import { push, runsAt } from './otlp.ts'
import { basicAuth, runPrometheus } from '../../engines/run-engines.ts'
import { bridgeToken, enginePassword, layOutStack, type StackFiles } from '../../engines/stack-files.ts'

interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** The real Prometheus with its real rules raises an alert about an agent; the real bridge sends it by mail. */
describe.skipIf(!hasDocker)('the mail about an alert of the real Prometheus', () => {
  let files: StackFiles
  let network: Network
  let prometheus: Container
  let mail: MailServer
  beforeAll(async () => {
    files = layOutStack()
    network = await openNetwork()
    prometheus = await runPrometheus(network, files)
    mail = await openMailServer()
  }, 240_000)
  afterAll(async () => {
    await network?.remove()
    await mail?.close()
    rmSync(files.folder, { recursive: true })
  })

  test('shows the metric of its agent as a chart, with the limit of the rule', { timeout: 240_000 }, async () => {
    const address = `${await prometheus.url(9090)}/api/v1/otlp/v1/metrics`
    const beganMs = Date.now() - 300_000
    const send = async (atMs: number): Promise<void> => {
      const failures = Math.floor((atMs - beganMs) / 1000)
      const runs = ['writer', 'planner'].map((agent) => ({
        agent,
        outcome: agent === 'writer' ? 'failure' : 'success',
        value: failures,
      }))
      expect(await push(address, runsAt('eu-1', runs, atMs), basicAuth)).toBe(200)
    }
    for (let atMs = beganMs; atMs < Date.now(); atMs += 15_000) await send(atMs)
    const alert = await eventually('the alert', async () => {
      await send(Date.now())
      const response = await fetch(`${await prometheus.url(9090)}/api/v1/alerts`, { headers: { authorization: basicAuth } })
      const { data } = (await response.json()) as { data: { alerts: readonly ActiveAlert[] } }
      return data.alerts.find(({ labels }) => labels['alertname'] === 'AgentErrorRateCritical')
    })
    expect(alert.annotations[chartAnnotations.query]).toBe(
      'agent:error_ratio:rate5m{job="workers", deployment_environment_name="production", cloud_region="eu-1", agent_name="writer"}',
    )

    const { html, png } = await mailAbout(alert)
    if (process.env['CHART_PICTURE']) writeFileSync(process.env['CHART_PICTURE'], png)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(html).toMatch(
      /alt="Chart of Failed runs in 5 minutes: writer, from \d\d:\d\d to \d\d:\d\d UTC\+00:00: lowest 100%, highest 100%, last 100%, limit [\d.]+%, alert since \d\d:\d\d\."/,
    )
  })

  async function mailAbout({ labels, annotations }: ActiveAlert): Promise<{ readonly html: string; readonly png: Buffer }> {
    const bridge = startSource('packages/alert-bridge/src/cli.ts', ['serve'], {
      BRIDGE_PORT: '0',
      BRIDGE_TOKEN: bridgeToken,
      BRIDGE_DATA_DIR: `${files.folder}/bridge`,
      PROMETHEUS_URL: await prometheus.url(9090),
      PROMETHEUS_USER: 'swarmwatch',
      PROMETHEUS_PASSWORD: enginePassword,
      ALERT_EMAIL_HOST: '127.0.0.1',
      ALERT_EMAIL_PORT: String(mail.port),
      ALERT_EMAIL_TO: 'ops@example.com',
    })
    try {
      const port = await bridge.prints(/ready on http:\/\/[^ ]*:(\d+)/)
      const alert = { status: 'firing', labels, annotations, startsAt: new Date().toISOString() }
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bridgeToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ version: '4', status: 'firing', receiver: 'bridge', groupLabels: {}, alerts: [alert] }),
      })
      expect(response.status).toBe(200)
      const { raw } = await eventually('the mail', () => mail.mails[0])
      const picture = /Content-Type: image\/png[\s\S]*?\r\n\r\n([A-Za-z\d+/=\r\n]+)/.exec(raw)?.[1]
      if (picture === undefined) throw new Error(`no picture in the mail; the bridge printed ${bridge.output()}`)
      return { html: raw.replaceAll('=\r\n', '').replaceAll('=3D', '='), png: Buffer.from(picture, 'base64') }
    } finally {
      await bridge.stop()
    }
  }
})
