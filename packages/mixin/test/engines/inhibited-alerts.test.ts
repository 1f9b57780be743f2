import { rmSync } from 'node:fs'

import { type Container, type Network, openNetwork } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { basicAuth, runAlertmanager } from '../../engines/run-engines.ts'
import { layOutStack, type StackFiles } from '../../engines/stack-files.ts'

type Labels = Readonly<Record<string, string>>

describe.skipIf(!hasDocker)('in a real Alertmanager', () => {
  let files: StackFiles
  let network: Network
  let alertmanager: Container
  beforeAll(async () => {
    files = layOutStack()
    network = await openNetwork()
    alertmanager = await runAlertmanager(network, files)
  })
  afterAll(async () => {
    await network?.remove()
    rmSync(files.folder, { recursive: true })
  })

  test('a failing provider mutes the alerts on retries of its fleet, and no others', async () => {
    const fleet = { deployment_environment_name: 'production', cloud_region: 'eu-1' }
    const agent = { ...fleet, job: 'workers', agent_name: 'writer' }
    const elsewhere = { ...agent, cloud_region: 'us-1' }
    const fires = (alertname: string, severity: string, labels: Labels): Labels => ({ alertname, severity, ...labels })
    const model = { ...fleet, gen_ai_provider_name: 'openai', gen_ai_request_model: 'm-1' }
    await send([
      fires('ModelProviderErrors', 'warning', model),
      fires('ModelProviderErrors', 'warning', { ...model, gen_ai_request_model: 'm-2' }),
      fires('AgentRetriesHigh', 'warning', agent),
      fires('HiddenRetries', 'info', agent),
      fires('AgentErrorRateWarning', 'warning', agent),
      fires('AgentRetriesHigh', 'warning', elsewhere),
      fires('HiddenRetries', 'info', elsewhere),
    ])
    // The alerts that mute others are noticed a moment later
    await expect
      .poll(shown)
      .toEqual([
        'AgentErrorRateWarning eu-1 active',
        'AgentRetriesHigh eu-1 suppressed',
        'AgentRetriesHigh us-1 active',
        'HiddenRetries eu-1 suppressed',
        'HiddenRetries us-1 active',
        'ModelProviderErrors eu-1 active',
        'ModelProviderErrors eu-1 active',
      ])
  })

  test('while the provider of most model calls is unavailable, one alert of its fleet is sent, and none for each agent', async () => {
    const fleet = { deployment_environment_name: 'production', cloud_region: 'ap-1' }
    const model = { ...fleet, gen_ai_provider_name: 'openai', gen_ai_request_model: 'm-1' }
    const agents = ['writer', 'reader'].flatMap((agent_name) =>
      ['AgentErrorRateCritical', 'AgentRetriesHigh', 'AgentSlowResponses'].map((alertname) => ({
        alertname,
        severity: 'critical',
        ...fleet,
        job: 'workers',
        agent_name,
      })),
    )
    await send([
      { alertname: 'ModelProviderUnavailable', severity: 'critical', ...model },
      { alertname: 'ModelProviderErrors', severity: 'warning', ...model },
      { alertname: 'SystemErrorRateCritical', severity: 'critical', ...fleet },
      ...agents,
    ])
    await expect
      .poll(async () => (await shown()).filter((line) => line.includes('ap-1') && line.endsWith(' active')))
      .toEqual(['ModelProviderUnavailable ap-1 active'])
    expect((await shown()).filter((line) => line.includes('ap-1'))).toHaveLength(9)
  })

  async function send(alerts: readonly Labels[]): Promise<void> {
    const response = await fetch(`${await alertmanager.url(9093)}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: basicAuth },
      body: JSON.stringify(alerts.map((labels) => ({ labels, startsAt: new Date().toISOString() }))),
    })
    expect(response.status).toBe(200)
  }

  async function shown(): Promise<string[]> {
    const response = await fetch(`${await alertmanager.url(9093)}/api/v2/alerts`, { headers: { authorization: basicAuth } })
    const alerts = (await response.json()) as { labels: Labels; status: { state: string } }[]
    return alerts
      .filter(({ status }) => status.state !== 'unprocessed')
      .map(({ labels, status }) => `${labels['alertname']} ${labels['cloud_region']} ${status.state}`)
      .toSorted()
  }
})
