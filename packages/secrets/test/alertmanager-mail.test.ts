import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { EmailChannel } from '@swarmwatch/config'
import {
  eventually,
  freePort,
  imageOf,
  openMailServer,
  type ReceivedMail,
  repositoryRoot,
  whyNoEngines,
} from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import type { SMTPServerOptions } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'

import { renderAlertmanager } from '../src/index.ts'

const image = imageOf('alertmanager')
const canRun = whyNoEngines('alertmanager') === undefined

const tls = (name: string): string =>
  readFileSync(join(repositoryRoot, `packages/alert-bridge/test/channels/tls/${name}.pem`), 'utf8')
const certified = { key: tls('key'), cert: tls('certificate') }

const channel: EmailChannel = {
  type: 'email',
  name: 'email',
  recipients: ['"Doe, Jane" <jane@ours.test>', 'ops@ours.test'],
  host: '127.0.0.1',
  port: 25,
  user: undefined,
  password: undefined,
  from: '"Swarm {{ .Nothing }}" <swarm@ours.test>',
  severities: ['critical', 'warning', 'info'],
  fallback: false,
  quietHours: undefined,
  hello: 'swarm.ours.test',
}

test.skipIf(!canRun).each<[string, SMTPServerOptions, Partial<EmailChannel>]>([
  ['STARTTLS and a given authority', certified, { ca: certified.cert }],
  ['STARTTLS and any certificate', certified, { tlsSkipVerify: true }],
  ['TLS from the first byte on any port', { ...certified, secure: true }, { implicitTls: true, ca: certified.cert }],
  ['no TLS', { disabledCommands: ['STARTTLS'] }, { requireTls: false }],
])('the real Alertmanager mails by %s', async (_, options, settings) => {
  const mail = await mailOf(options, settings)
  expect(mail).toMatchObject({
    hello: 'swarm.ours.test',
    from: 'swarm@ours.test',
    to: ['jane@ours.test', 'ops@ours.test'],
    isEncrypted: settings.requireTls !== false,
  })
  expect(mail.raw).toMatch(/^From: "Swarm \{\{ \.Nothing \}\}" <swarm@ours\.test>\r$/m)
})

test.skipIf(!canRun)('the real Alertmanager mails names and domains that are not ASCII', async () => {
  const settings = {
    from: '"J\u00F6rg, \u5922 {{ .X }} on call for the whole night shift of the week" <swarm@b\u00FCcher.example>',
    recipients: ['"M\u00FCller, Ren\u00E9" <rene@b\u00FCcher.example>', 'ops@ours.test'],
    requireTls: false,
  }
  const mail = await mailOf({ disabledCommands: ['STARTTLS'] }, settings)
  // the server shows the domains decoded
  expect(mail).toMatchObject({ from: 'swarm@b\u00FCcher.example', to: ['rene@b\u00FCcher.example', 'ops@ours.test'] })
  const [head] = mail.raw.split('\r\n\r\n')
  expect(head).not.toMatch(/[^\t -~\r\n]/)
  expect(head).toMatch(/^From: (?:=\?utf-8\?B\?[\w+/=]+\?= )+<swarm@xn--bcher-kva\.example>\r$/m)
  const words = head!.match(/^From: (.*)$/m)![1]!.matchAll(/=\?utf-8\?B\?(.*?)\?=/g)
  expect(Array.from(words, ([, word]) => Buffer.from(word!, 'base64').toString()).join('')).toBe(
    'J\u00F6rg, \u5922 {{ .X }} on call for the whole night shift of the week',
  )
})

/** The mail about one alert of the real Alertmanager, by a server with `options`. */
async function mailOf(options: SMTPServerOptions, settings: Partial<EmailChannel>): Promise<ReceivedMail> {
  const server = await openMailServer(options)
  onTestFinished(() => server.close())
  const { port, mails } = server
  const folder = temporaryFolder()
  const template = readFileSync(join(repositoryRoot, 'collector/alertmanager/alertmanager.template.yaml'), 'utf8')
  const rendered = renderAlertmanager(template, [{ ...channel, port, ...settings }])
  mkdirSync(join(folder, 'secrets'))
  const files = { bridge_token: 'x', alert_email_password: '', alert_email_ca: settings.ca ?? '' }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'secrets', name), text)
  writeFileSync(join(folder, 'secrets/alertmanager.yml'), rendered.replaceAll(/group_wait: \w+/g, 'group_wait: 0s'))
  const url = await alertmanager(folder)
  await eventually('its mail', async () => {
    await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels: { alertname: 'BridgeDown', category: 'bridge', severity: 'critical' } }]),
    }).catch(() => {})
    return mails.length > 0
  })
  return mails[0]!
}

/** Starts Alertmanager on this machine's network; it ends with the test. */
async function alertmanager(folder: string): Promise<string> {
  const port = await freePort()
  const name = `secrets-test-alertmanager-${port}`
  const container = ['run', '--detach', '--pull', 'never', '--network', 'host', '--user', 'root', '--name', name]
  const settings = ['--config.file=/run/secrets/alertmanager.yml', '--storage.path=/tmp', '--cluster.listen-address=']
  const volume = ['--volume', `${folder}/secrets:/run/secrets:ro`]
  const started = spawnSync('docker', [...container, ...volume, image, ...settings, `--web.listen-address=127.0.0.1:${port}`])
  onTestFinished(() => void spawnSync('docker', ['rm', '--force', '--volumes', name]))
  if (started.status !== 0) throw new Error(started.stderr.toString())
  const url = `http://127.0.0.1:${port}`
  await eventually('Alertmanager', async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true)
  return url
}
