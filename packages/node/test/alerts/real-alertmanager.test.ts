import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import { Secret } from '@swarmwatch/config'
import { docker, eventually, imageOf, whyNoEngines } from '@swarmwatch/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { activeAlert } from '../../src/alerts/alert-receiver.ts'
import { alertmanagerReceiver } from '../../src/alerts/alertmanager-receiver.ts'
import { groupReceiver } from '../../src/alerts/group-receiver.ts'
import { type ConditionRule, inProcessRule } from '../../src/alerts/in-process-rule.ts'
import { startAlertRules } from '../../src/alerts/start-alert-rules.ts'
import { healthOf } from './health.ts'

const image = imageOf('alertmanager')
const container = `swarmwatch-alerts-test-${randomBytes(4).toString('hex')}`
const reason = whyNoEngines('alertmanager')

interface ShownAlert {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly endsAt: string
  readonly fingerprint: string
}

let address = ''
const password = new Secret('test-password')
const headers = { authorization: `Basic ${Buffer.from('swarmwatch:test-password').toString('base64')}` }

beforeAll(async () => {
  if (reason !== undefined) return
  const files = ['--config.file=/etc/alertmanager.yaml', '--web.config.file=/etc/alertmanager-web.yaml']
  const settings = [...files, '--storage.path=/tmp', '--cluster.listen-address=']
  const publish = ['--publish', '127.0.0.1::9093']
  await docker('create', '--rm', '--pull', 'never', '--name', container, ...publish, image, ...settings)
  // copied, not mounted: the engine may see another file system
  for (const file of ['alertmanager.yaml', 'alertmanager-web.yaml'])
    await docker('cp', fileURLToPath(new URL(file, import.meta.url)), `${container}:/etc/${file}`)
  await docker('start', container)
  address = `http://${await docker('port', container, '9093/tcp')}`
  await eventually(
    'Alertmanager to be ready',
    async () => (await fetch(`${address}/-/ready`, { headers }).catch(() => undefined))?.ok || undefined,
  )
})

afterAll(async () => {
  if (reason === undefined) await docker('rm', '--force', '--volumes', container)
})

async function shown(): Promise<ShownAlert | undefined> {
  const response = await fetch(`${address}/api/v2/alerts?filter=alertname="SwarmTooBusy"`, { headers })
  return ((await response.json()) as ShownAlert[])[0]
}

test.skipIf(reason !== undefined)(
  'an alert fires at an Alertmanager with a password, stays while it is sent again, and is resolved there',
  async () => {
    let isBusy = true
    const rule: ConditionRule = {
      name: 'SwarmTooBusy',
      condition: () => isBusy,
      severity: 'critical',
      description: 'too many executions',
    }
    const options = {
      rules: [rule],
      intervalSeconds: 0.2,
      health: () => healthOf(),
      labels: { service: 'swarm', instance: 'a-1' },
      logger: false as const,
    }
    const fingerprints: string[] = []
    const receiver = alertmanagerReceiver(address, { pageUrl: 'http://127.0.0.1:8080/', login: { user: 'swarmwatch', password } })
    const rules = startAlertRules({ ...options, receiver })
    const beside = startAlertRules({
      ...options,
      receiver: groupReceiver(({ alerts }) => void fingerprints.push(...alerts.map(({ fingerprint }) => String(fingerprint)))),
    })
    try {
      const first = await eventually('the alert', shown)
      expect(first).toMatchObject({
        labels: { alertname: 'SwarmTooBusy', severity: 'critical', service: 'swarm', instance: 'a-1' },
        annotations: { summary: 'SwarmTooBusy: too many executions' },
        status: { state: 'active' },
        generatorURL: 'http://127.0.0.1:8080/',
      })
      expect(fingerprints).toEqual([first.fingerprint])
      // four intervals after the first sending it would be gone, were it not sent again
      const later = await eventually('it to be sent again', async () => {
        const now = await shown()
        return now && Date.parse(now.endsAt) - Date.parse(first.endsAt) > 1_000 ? now : undefined
      })
      expect(later.fingerprint).toBe(first.fingerprint)
      isBusy = false
      await eventually('the alert to be over', async () => ((await shown()) === undefined ? true : undefined))
    } finally {
      await Promise.all([rules.stop(), beside.stop()])
    }
  },
)

test.skipIf(reason !== undefined)(
  'without its password nothing is sent, and the error names the settings to change',
  async () => {
    const receiver = alertmanagerReceiver(address)
    const rule = inProcessRule({ name: 'Refused', severity: 'info', condition: () => true, description: 'x' })
    const alert = activeAlert(rule, { finding: 'x', sinceMs: 0 }, {})
    await expect(receiver.update({ nowMs: 0, intervalSeconds: 30, firing: [alert], changes: [] })).rejects.toThrow(
      'it answered 401; set ALERTMANAGER_USER and ALERTMANAGER_PASSWORD to its user and password',
    )
  },
)
