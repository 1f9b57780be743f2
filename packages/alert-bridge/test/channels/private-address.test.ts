import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { isPublicAddress } from '../../src/channels/webhook/private-address.ts'
import { openWebhookChannel } from '../../src/channels/webhook/webhook-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { fakeHttp, answerWith } from './fake-http.ts'

const refused = {
  kind: 'channel-down',
  reason:
    'the host has a private address; if this is intended, list the channel in the settings file, with the host in allowed_private_hosts',
}

function deliverTo(url: string, allowedPrivateHosts: string[] = [], addresses: LookupAddress[] = []): Promise<DeliveryResult> {
  const lookup: LookupFunction = (_, options, callback) =>
    options.all === true ? callback(null, addresses) : callback(null, addresses[0]!.address, addresses[0]!.family)
  const channel = openWebhookChannel(
    {
      type: 'webhook',
      name: 'own',
      severities: ['critical'],
      fallback: false,
      quietHours: undefined,
      secret: undefined,
      url: new Secret(url),
      allowedPrivateHosts,
    },
    { lookup },
  )
  const delivery = { id: 'delivery-1', recipient: 'own', notice: sampleNotices.firing }
  return channel.deliver(delivery, AbortSignal.timeout(120_000))
}

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.0.255',
  '192.0.2.255',
  '192.88.99.255',
  '198.18.0.0',
  '198.19.255.255',
  '198.51.100.255',
  '203.0.113.255',
  '239.255.255.255',
  '240.0.0.0',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'fec0::1',
  'ff02::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2001::1',
  '2001:1ff:ffff::1',
  '3fff:fff:ffff::1',
  '2001:db8::1%eth0',
  'fe80::1%',
  'not an address',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2606:4700:4700::1111%eth0',
  '2a00:1450:4001::1',
  '2001:200::1',
  '3fff:1000::1',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each([
  'http://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f.0.0.1:PORT/',
  'http://0.0.0.0:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
])('%s is refused, and nothing is connected', async (url) => {
  await using http = await fakeHttp(answerWith(200))
  expect(await deliverTo(url.replace('PORT', String(http.port)))).toEqual(refused)
  expect(http.seen).toEqual([])
})

test('a name is judged by the address that is connected to', async () => {
  await using http = await fakeHttp(answerWith(200))
  const url = `http://hooks.example.com:${http.port}/`
  const local = { address: '127.0.0.1', family: 4 }
  expect(await deliverTo(url, [], [local])).toEqual(refused)
  expect(await deliverTo(url, [], [{ address: '::ffff:127.0.0.1', family: 6 }])).toEqual(refused)
  expect(await deliverTo(url, ['other.example.com'], [local])).toEqual(refused)
  expect(http.seen).toEqual([])
  expect(await deliverTo(url, ['Hooks.Example.com'], [local])).toEqual({ kind: 'delivered' })
  expect(http.seen).toHaveLength(1)
})

test('an address that is listed may be private', async () => {
  await using http = await fakeHttp(answerWith(200))
  expect(await deliverTo(http.url, ['127.0.0.1'])).toEqual({ kind: 'delivered' })
})
