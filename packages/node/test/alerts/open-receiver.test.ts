import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type AlertGroup, loadConfiguration } from '@swarmwatch/config'
import { expect, onTestFinished, test } from 'vitest'

import { activeAlert } from '../../src/alerts/alert-receiver.ts'
import { inProcessRule } from '../../src/alerts/in-process-rule.ts'
import { embeddedBridge, openReceiver } from '../../src/alerts/open-receiver.ts'
import { isInProcess } from '../../src/alerts/start-alert-rules.ts'

const plain = loadConfiguration({ env: {}, file: false })
const withAlertmanager = loadConfiguration({ env: { ALERTMANAGER_URL: 'http://127.0.0.1:9093' }, file: false })

const opened = async (configuration: typeof plain, deliver?: () => void): Promise<string> =>
  (await openReceiver({ configuration, deliver, logger: false, warn: () => {} })).name

test('alerts go to deliver() in code, else to ALERTMANAGER_URL, else to the console', async () => {
  expect([await opened(withAlertmanager, () => {}), await opened(withAlertmanager), await opened(plain)]).toEqual([
    'deliver()',
    'Alertmanager at 127.0.0.1:9093',
    'the console',
  ])
})

test('requests to Alertmanager carry user and password, which a file may hold', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const ALERTMANAGER_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rule = inProcessRule({ name: 'One', severity: 'info', condition: () => true, description: 'x' })
  const alert = activeAlert(rule, { finding: 'x', sinceMs: 0 }, {})
  for (const env of [
    { ALERTMANAGER_URL },
    { ALERTMANAGER_URL, ALERTMANAGER_PASSWORD_FILE: '/run/secrets/alertmanager_password' },
    { ALERTMANAGER_URL, ALERTMANAGER_USER: 'us', ALERTMANAGER_PASSWORD: 'p\u00e4:ss' },
  ]) {
    const configuration = loadConfiguration({ env, file: false, readFile: () => 'from-the-file\n' })
    const receiver = await openReceiver({ configuration, logger: false, warn: () => {} })
    await receiver.update({ nowMs: 0, intervalSeconds: 30, firing: [alert], changes: [] })
    await receiver.close()
  }
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  expect(seen).toEqual([undefined, basic('swarmwatch:from-the-file'), basic('us:p\u00e4:ss')])
})

test('the alert bridge takes the groups where it is installed, and is closed with the receiver', async () => {
  const accepted: AlertGroup[] = []
  let isClosed = false
  const bridge = {
    accept: async (group: AlertGroup) => accepted.push(group),
    close: async () => void (isClosed = true),
  }
  const given: unknown[] = []
  const openBridge = async (configuration: unknown): Promise<typeof bridge> => {
    given.push(configuration)
    return bridge
  }
  const receiver = await embeddedBridge(
    plain,
    () => {},
    {},
    async () => ({ openBridge }),
  )
  const rule = inProcessRule({ name: 'One', severity: 'info', condition: () => true, description: 'x' })
  const alert = activeAlert(rule, { finding: 'x', sinceMs: 0 }, {})
  await receiver?.update({ nowMs: 0, intervalSeconds: 30, firing: [alert], changes: [{ status: 'firing', alert }] })
  await receiver?.close()
  expect([given, accepted.map(({ groupKey }) => groupKey), isClosed]).toEqual([[plain], ['{}:{alertname="One"}'], true])
})

test('logs that the alert bridge cannot be opened, and nothing when it is not installed', async () => {
  const lines: string[] = []
  const openBridge = (): never => {
    throw new Error('the data folder belongs to process 12')
  }
  expect(
    await embeddedBridge(
      plain,
      (line) => lines.push(line),
      {},
      async () => ({ openBridge }),
    ),
  ).toBeUndefined()
  // The error of Node for a package that is not installed
  const notInstalled = new Error("Cannot find package '@swarmwatch/alert-bridge' imported from /app/x.mjs")
  const load = () => Promise.reject(Object.assign(notInstalled, { code: 'ERR_MODULE_NOT_FOUND' }))
  expect(await embeddedBridge(plain, (line) => lines.push(line), {}, load)).toBeUndefined()
  expect(lines).toEqual([
    'the alert bridge in this process could not be opened, alerts go to the console: the data folder belongs to process 12',
  ])
})

test.each([
  ['auto', false, true],
  ['auto', true, false],
  ['on', true, true],
  ['off', false, false],
] as const)(
  'with in_process: %s and OTLP metrics %s the rules are evaluated in the process: %s',
  (inProcess, sendsMetrics, expected) => {
    const configuration = loadConfiguration({ env: {}, file: false, code: { alerts: { inProcess } } })
    expect(isInProcess(configuration, sendsMetrics)).toBe(expected)
  },
)
