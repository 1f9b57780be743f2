import { fileURLToPath } from 'node:url'

import { Secret, type AlertChannel, type Environment } from '@swarmwatch/config'
import { eventually, openMailServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { openChannels } from '../../src/channels/open-channels.ts'
import { proxyFor, proxySettings, readProxies } from '../../src/channels/proxy.ts'
import { runProgram } from '../commands/run-program.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { connectProxy, type ConnectProxyOptions } from './connect-proxy.ts'
import { answerWith, fakeHttp, type FakeHttp } from './fake-http.ts'
import { validTls } from './test-tls.ts'

const base = { severities: ['critical'], fallback: false, quietHours: undefined } as const
const slack: AlertChannel = {
  ...base,
  type: 'slack',
  name: 'slack',
  webhook: new Secret('http://hooks.example.test/hook-abcdefgh'),
}
const own: AlertChannel = {
  ...base,
  type: 'webhook',
  name: 'own',
  url: new Secret('http://own.example.test:8080/alerts?x=1'),
  secret: undefined,
}
const mail: AlertChannel = {
  ...base,
  type: 'email',
  name: 'mail',
  recipients: ['ops@example.com'],
  host: 'mail.example.test',
  port: 2525,
  user: undefined,
  password: undefined,
  from: 'alerts@example.com',
  requireTls: false,
}
const login = 'bridge:pass-w%rd'
const withLogin = (port: number): string => `http://bridge:pass-w%25rd@127.0.0.1:${port}`

async function deliverThrough(env: Environment, channel: AlertChannel): Promise<DeliveryResult> {
  const [opened] = openChannels([channel], { proxies: readProxies(env), write: () => {} })
  const { channel: used } = opened!
  const delivery = { id: 'delivery-1', recipient: used.recipients[0]!, notice: sampleNotices.firing }
  const result = await used.deliver(delivery, new AbortController().signal)
  await used.close()
  return result
}

async function startProxy(options: Partial<ConnectProxyOptions> = {}): ReturnType<typeof connectProxy> {
  const proxy = await connectProxy({ portOf: () => 1, ...options })
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return proxy
}

async function startServer(tls?: typeof validTls): Promise<FakeHttp> {
  const http = await fakeHttp(answerWith(200, 'ok'), tls)
  onTestFinished(() => http[Symbol.asyncDispose]())
  return http
}

test('chat and webhooks go through the proxy, which resolves their names', async () => {
  const http = await startServer()
  const proxy = await startProxy({ portOf: () => http.port, login })
  for (const channel of [slack, own]) {
    expect(await deliverThrough({ BRIDGE_PROXY: withLogin(proxy.port) }, channel)).toMatchObject({ kind: 'delivered' })
  }
  expect(proxy.seen).toEqual(['POST http://hooks.example.test/hook-abcdefgh', 'POST http://own.example.test:8080/alerts?x=1'])
  expect(http.seen.map(({ path, headers }) => [path, headers.host, headers['proxy-authorization']])).toEqual([
    ['/hook-abcdefgh', 'hooks.example.test', undefined],
    ['/alerts?x=1', 'own.example.test:8080', undefined],
  ])
})

test('mail goes through a tunnel of BRIDGE_PROXY', async () => {
  const received: string[] = []
  const smtp = await openMailServer({
    onData: (stream, _session, done) => {
      stream.on('data', (chunk: Buffer) => received.push(chunk.toString()))
      stream.on('end', () => done())
    },
  })
  onTestFinished(() => smtp[Symbol.asyncDispose]())
  const proxy = await startProxy({ portOf: () => smtp.port, login })
  expect(await deliverThrough({ BRIDGE_PROXY: withLogin(proxy.port) }, mail)).toMatchObject({ kind: 'delivered' })
  expect(proxy.seen).toEqual(['CONNECT mail.example.test:2525'])
  expect(received.join('')).toContain('AgentErrorRateCritical')
})

test('https goes through a tunnel, and drill uses the proxy of the environment', async () => {
  const http = await startServer(validTls)
  const proxy = await startProxy({ portOf: () => http.port, login })
  const program = runProgram(['drill'], {
    NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('tls/certificate.pem', import.meta.url)),
    // the certificate is for this address
    ALERT_SLACK_WEBHOOK: 'https://0.0.0.0/hook-abcdefgh',
    https_proxy: withLogin(proxy.port),
  })
  expect([await program.ended, program.output()]).toEqual([0, expect.stringContaining('1 of 1 reached')])
  expect(proxy.seen).toEqual(['CONNECT 0.0.0.0:443'])
  expect(http.seen.map(({ path }) => path)).toEqual(['/hook-abcdefgh'])
})

test('heartbeats go through the proxy', async () => {
  const http = await startServer()
  const proxy = await startProxy({ portOf: () => http.port })
  const token = new Secret('token-of-the-other-bridge')
  const url = new Secret('http://bridge.example.test/api/v1/heartbeats/here')
  await startedBridge({
    channels: [recordingChannel()],
    settings: {
      ...readProxies({ BRIDGE_PROXY: `http://127.0.0.1:${proxy.port}` }),
      heartbeatUrl: new Secret('http://beat.example.test/abc'),
      heartbeatTargets: [{ url, token, host: 'bridge.example.test' }],
    },
  })
  await eventually('both heartbeats', () => new Set(proxy.seen).size === 2)
  expect(new Set(proxy.seen)).toEqual(new Set(['GET http://beat.example.test/abc', `POST ${url.reveal()}`]))
})

test.each([
  ['another password', { login: 'bridge:other' }, { kind: 'channel-down' }],
  ['a destination that it forbids', { status: 403 }, { kind: 'channel-down' }],
  ['a gateway that does not answer', { status: 504 }, { kind: 'retry' }],
])('a proxy with %s fails the channel without its password', async (_, options, expected) => {
  const proxy = await startProxy(options)
  const env = { BRIDGE_PROXY: withLogin(proxy.port) }
  const tunnelled: AlertChannel = { ...slack, webhook: new Secret('https://hooks.example.test/hook-abcdefgh') }
  for (const channel of [slack, own, tunnelled, mail]) {
    const result = await deliverThrough(env, channel)
    expect(result).toMatchObject(expected)
    expect(JSON.stringify(result)).not.toMatch(/pass-w|YnJpZGdl/)
  }
})

test('a message to a proxy that is down has not arrived', async () => {
  const result = await deliverThrough({ BRIDGE_PROXY: 'http://bridge:pass@127.0.0.1:1' }, slack)
  expect(result).toMatchObject({ kind: 'retry' })
  expect(result).not.toHaveProperty('unknown')
})

test('hosts of NO_PROXY are reached directly', async () => {
  const http = await startServer()
  const proxy = await startProxy()
  const direct: AlertChannel = { ...slack, webhook: new Secret(`http://0.0.0.0:${http.port}/hook-abcdefgh`) }
  const env = { BRIDGE_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'example.test, 0.0.0.0/8' }
  expect(await deliverThrough(env, direct)).toEqual({ kind: 'delivered' })
  expect(proxy.seen).toEqual([])
})

const [all, https, http] = ['http://all:1', 'http://https:1', 'http://http:1']

test.each<[string, Environment, string | undefined]>([
  ['https://a.test', { HTTPS_PROXY: https, HTTP_PROXY: http }, https],
  ['http://a.test', { HTTPS_PROXY: https, HTTP_PROXY: http }, http],
  ['https://a.test', { https_proxy: https }, https],
  ['https://a.test', { HTTP_PROXY: http }, undefined],
  ['smtp://a.test:587', { HTTPS_PROXY: https, HTTP_PROXY: http }, undefined],
  ['smtp://a.test:587', { BRIDGE_PROXY: all }, all],
  ['https://a.test', { BRIDGE_PROXY: all, HTTPS_PROXY: https }, all],
  ['https://a.test', { HTTPS_PROXY: 'https:1' }, https],
  ['https://a.test', { BRIDGE_PROXY: all, NO_PROXY: '*' }, undefined],
  ['https://a.test', { BRIDGE_PROXY: all, NO_PROXY: 'b.test a.test' }, undefined],
  ['https://A.TEST.', { BRIDGE_PROXY: all, no_proxy: '.a.test' }, undefined],
  ['https://x.a.test', { BRIDGE_PROXY: all, NO_PROXY: 'a.test' }, undefined],
  ['https://x.a.test', { BRIDGE_PROXY: all, NO_PROXY: '*.a.test' }, undefined],
  ['https://xa.test', { BRIDGE_PROXY: all, NO_PROXY: 'a.test' }, all],
  ['https://a.test', { BRIDGE_PROXY: all, NO_PROXY: 'a.test:443' }, undefined],
  ['https://a.test', { BRIDGE_PROXY: all, NO_PROXY: 'a.test:8443' }, all],
  ['smtp://a.test:587', { BRIDGE_PROXY: all, NO_PROXY: 'a.test:587' }, undefined],
  ['https://10.1.2.3', { BRIDGE_PROXY: all, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3', { BRIDGE_PROXY: all, NO_PROXY: '10.0.0.0/8,10.0.0.0/99,x/8' }, all],
  ['https://[fd00::1]', { BRIDGE_PROXY: all, NO_PROXY: 'fd00::/8' }, undefined],
  ['https://[fd00::1]:8443', { BRIDGE_PROXY: all, NO_PROXY: '[fd00::1]:8443' }, undefined],
  ['https://[fd00::1]', { BRIDGE_PROXY: all, NO_PROXY: '10.0.0.0/8' }, all],
  ['http://localhost:8080', { BRIDGE_PROXY: all }, undefined],
  ['http://127.0.0.1', { BRIDGE_PROXY: all }, undefined],
  ['https://a.test', {}, undefined],
])('%s with %j uses the right proxy', (url, env, expected) => {
  const used = proxyFor(new URL(url), readProxies(env))?.reveal()
  expect(used).toBe(expected === undefined ? undefined : `${expected}/`)
})

test('invalid proxies are reported all at once, without their values', () => {
  const env = { BRIDGE_PROXY: 'socks5://u:secret-1@p:1', HTTPS_PROXY: 'http://u:secret-2@p:1/path', HTTP_PROXY: 'http://u:%zz@p' }
  const rule = 'must be the http or https address of a proxy, such as http://proxy.example.com:3128, got ***'
  expect(() => readProxies(env)).toThrow(
    [
      '3 problems in the configuration:',
      ...Object.keys(env)
        .toSorted(byDefinition)
        .map((name) => `  ${name} ${rule}`),
    ].join('\n'),
  )
})

function byDefinition(one: string, other: string): number {
  const order = Object.values(proxySettings).map(({ variable }) => variable)
  return order.indexOf(one) - order.indexOf(other)
}
