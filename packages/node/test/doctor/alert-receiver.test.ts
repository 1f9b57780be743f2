import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { loadConfiguration } from '@swarmwatch/config'
import { expect, onTestFinished, test } from 'vitest'

import { checkAlertmanager } from '../../src/doctor/endpoints.ts'
import { deadAddress } from '../test-collector.ts'

/** Answers its status to `swarmwatch:right`, and 404 to another path. */
async function alertmanager(): Promise<string> {
  const right = `Basic ${Buffer.from('swarmwatch:right').toString('base64')}`
  const server = createServer(({ url, headers }, response) => {
    const status = headers.authorization !== right ? 401 : url === '/api/v2/status' ? 200 : 404
    response.writeHead(status).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function found(env: Readonly<Record<string, string>>): Promise<readonly (readonly [string, string])[]> {
  const findings = await checkAlertmanager(loadConfiguration({ env, file: false }))
  return findings.map(({ level, text }) => [level, text])
}

test('without ALERTMANAGER_URL there is nothing to find', async () => expect(await found({})).toEqual([]))

test('the doctor logs in to Alertmanager and reports a wrong password or address', async () => {
  const host = await alertmanager()
  const url = `http://${host}`
  expect(await found({ ALERTMANAGER_URL: `${url}/`, ALERTMANAGER_PASSWORD: 'right' })).toEqual([
    ['ok', `Alertmanager at ${host} (password set) answers`],
  ])
  expect(await found({ ALERTMANAGER_URL: url, ALERTMANAGER_PASSWORD: 'wrong' })).toEqual([
    [
      'wrong',
      `Alertmanager at ${host} (password set) refuses (401): are ALERTMANAGER_USER and ALERTMANAGER_PASSWORD its user and password?`,
    ],
  ])
  expect(await found({ ALERTMANAGER_URL: url })).toEqual([
    [
      'wrong',
      `Alertmanager at ${host} (password not set) refuses (401): set ALERTMANAGER_PASSWORD, or ALERTMANAGER_PASSWORD_FILE, to its password`,
    ],
  ])
  expect(await found({ ALERTMANAGER_URL: `${url}/elsewhere`, ALERTMANAGER_PASSWORD: 'right' })).toEqual([
    ['warning', `Alertmanager at ${host} (password set) answers 404: is ALERTMANAGER_URL the address of an Alertmanager?`],
  ])
})

test('an Alertmanager that cannot be reached is wrong, with the reason', async () => {
  const [[level, text] = []] = await found({ ALERTMANAGER_URL: await deadAddress() })
  expect([level, text]).toEqual(['wrong', expect.stringMatching(/cannot be reached \(ECONNREFUSED\): is it running/)])
})
