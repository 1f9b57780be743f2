import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { loadConfiguration, type EmailChannel } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const pem = readFileSync(new URL('../../alert-bridge/test/channels/tls/certificate.pem', import.meta.url), 'utf8')
const server = { ALERT_EMAIL_HOST: 'mail.example.com', ALERT_EMAIL_TO: 'ops@example.com' }

function channelWith(env: Record<string, string>, cwd?: string): EmailChannel {
  const [channel] = loadConfiguration({ file: false, env: { ...server, ...env }, ...(cwd !== undefined && { cwd }) }).alerts
    .channels
  return channel as EmailChannel
}

test('variables decide how the mail server is greeted and trusted', () => {
  const cwd = folderWith({ 'relay.pem': pem })
  const env = {
    ALERT_EMAIL_IMPLICIT_TLS: 'true',
    ALERT_EMAIL_CA_FILE: 'relay.pem',
    ALERT_EMAIL_TLS_SKIP_VERIFY: 'false',
    ALERT_EMAIL_HELLO: 'swarm.example.com',
  }
  expect(channelWith(env, cwd)).toMatchObject({
    implicitTls: true,
    ca: pem.trim(),
    tlsSkipVerify: false,
    hello: 'swarm.example.com',
  })
})

test('without variables TLS depends on the port, the public authorities are trusted, and the greeting is the domain of the sender', () => {
  expect(channelWith({ ALERT_EMAIL_FROM: 'Swarm <swarm@ours.example.com>' })).toMatchObject({
    implicitTls: undefined,
    ca: undefined,
    tlsSkipVerify: undefined,
    hello: 'ours.example.com',
  })
  for (const from of ['swarm@localhost', 'swarm@[127.0.0.1]'])
    expect(channelWith({ ALERT_EMAIL_FROM: from }).hello).toBeUndefined()
})

test('the greeting is ASCII even if the domain of the sender is not', () => {
  expect(channelWith({ ALERT_EMAIL_FROM: 'Swarm <swarm@b\u00FCcher.example>' }).hello).toBe('xn--bcher-kva.example')
})

test('code can set these values for one channel', () => {
  const channel = { type: 'email', ca: pem, implicitTls: true, tlsSkipVerify: true, hello: '[192.0.2.1]' } as const
  const { alerts, origins } = loadConfiguration({ file: false, env: server, code: { alerts: { channels: [channel] } } })
  expect(alerts.channels).toMatchObject([channel])
  expect(origins['alerts.channels[0].hello']).toBe('code')
})

test('values that cannot be used are reported', () => {
  const cwd = folderWith({ 'key.pem': '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----' })
  const env = {
    ...server,
    ALERT_EMAIL_IMPLICIT_TLS: 'ssl',
    ALERT_EMAIL_CA_FILE: 'key.pem',
    ALERT_EMAIL_TLS_SKIP_VERIFY: 'yes',
    ALERT_EMAIL_HELLO: 'my host',
  }
  expect(problemsOf({ file: false, env, cwd })).toEqual([
    'ALERT_EMAIL_IMPLICIT_TLS must be true or false, got "ssl"',
    'ALERT_EMAIL_CA_FILE must be one or more certificates in PEM, got ***',
    'ALERT_EMAIL_TLS_SKIP_VERIFY must be true or false, got "yes"',
    'ALERT_EMAIL_HELLO must be a host name, or an IP address in brackets, got "my host"',
  ])
})

test('a private key instead of a certificate is not shown', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIISECRET\n-----END PRIVATE KEY-----'
  const channel = { type: 'email', ca: key } as const
  for (const given of [{ env: { ...server, ALERT_EMAIL_CA: key } }, { env: server, code: { alerts: { channels: [channel] } } }]) {
    expect(problemsOf({ file: false, ...given })).toEqual([
      expect.stringMatching(/must be one or more certificates in PEM, got \*\*\*$/),
    ])
  }
})
