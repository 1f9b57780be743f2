import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import { compareSync } from 'bcryptjs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { readComposeEnvironment } from '../src/compose-environment.ts'
import { makeSecrets } from '../src/make-secrets.ts'
import { laidOut } from './laid-out.ts'

const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(folder, '.secrets')).map((name) => [name, readFileSync(join(folder, '.secrets', name), 'utf8')]),
  )

function problemsOf(folder: string): readonly string[] {
  try {
    makeSecrets(folder)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ path, rule }) => `${path} ${rule}`)
    throw error
  }
  return []
}

test('every secret is random, long and different from the others', () => {
  const folder = laidOut()
  const made = makeSecrets(folder).flatMap(({ name, state }) => (state === 'made' ? [contentOf(folder)[name]] : []))
  expect(made).toHaveLength(10)
  expect(new Set(made).size).toBe(10)
  for (const secret of made) expect(secret).toMatch(/^[\w-]{43}$/)
})

test('the token of heartbeats is made when there are regions to watch, and kept then', () => {
  const folder = laidOut()
  const stateOf = (): string | undefined => makeSecrets(folder).find(({ name }) => name === 'bridge_heartbeat_token')?.state
  expect([stateOf(), contentOf(folder)['bridge_heartbeat_token']]).toEqual(['empty', ''])
  writeFileSync(join(folder, '.env.production'), 'MONITOR_PORT=8080\nBRIDGE_WATCHED_PEERS=eu\n')
  expect(stateOf()).toBe('made')
  const token = contentOf(folder)['bridge_heartbeat_token']
  expect(token).toMatch(/^[\w-]{43}$/)
  expect([stateOf(), contentOf(folder)['bridge_heartbeat_token']]).toEqual(['kept', token])
})

test('the secrets of links and of the list of incidents are made with the public address of the bridge', () => {
  const folder = laidOut()
  const states = (): unknown[] =>
    makeSecrets(folder)
      .filter(({ name }) => name === 'bridge_link_secret' || name === 'bridge_oncall_token')
      .map(({ state }) => state)
  expect(states()).toEqual(['empty', 'empty'])
  writeFileSync(join(folder, '.env.production'), 'MONITOR_PORT=8080\nBRIDGE_PUBLIC_URL=https://alerts.example.com\n')
  expect([states(), states()]).toEqual([
    ['made', 'made'],
    ['kept', 'kept'],
  ])
  const { bridge_link_secret: secret, alertmanager_url: url, alertmanager_cluster_url: cluster, ...others } = contentOf(folder)
  const { alertmanager_password: password } = others
  expect(secret).toMatch(/^[\w-]{43}$/)
  expect(url).toBe(`http://swarmwatch:${password}@alertmanager:9093`)
  expect(cluster).toBe(`${url},http://swarmwatch:${password}@alertmanager-b:9093`)
})

test('a second run changes nothing', () => {
  const folder = laidOut({ ALERT_EMAIL_HOST: 'smtp.ours.test', ALERT_EMAIL_TO: 'ops@ours.test' })
  makeSecrets(folder)
  const before = contentOf(folder)
  makeSecrets(folder)
  expect(contentOf(folder)).toEqual(before)
})

test('a later run names the files that changed or were made again, because services do not read them again by themselves', () => {
  const folder = laidOut()
  const noticesOf = (): readonly string[] => {
    const notices: string[] = []
    makeSecrets(folder, { shell: {}, notify: (line) => notices.push(line) })
    return notices
  }
  expect([noticesOf(), noticesOf()]).toEqual([[], []])
  appendFileSync(join(folder, '.env.production'), 'ALERT_SLACK_WEBHOOK=https://hooks.slack.com/services/x\n')
  expect(noticesOf()).toEqual([
    'changed or made again: alert_slack_webhook. Running services read changes after "up --force-recreate SERVICE" (docs/operations.md, Secrets)',
  ])
  for (const name of ['prometheus_password', 'alert_email_ca']) rmSync(join(folder, '.secrets', name))
  expect(noticesOf()).toEqual([
    expect.stringMatching(
      /^changed or made again: prometheus_password, prometheus_basic_auth, prometheus_web\.yaml, alert_email_ca\. Running/,
    ),
  ])
  expect(noticesOf()).toEqual([])
})

test('only the owner can enter the folder, and any user of a container can read the files', () => {
  const folder = laidOut()
  makeSecrets(folder)
  const mode = (path: string): string => (statSync(join(folder, path)).mode & 0o777).toString(8)
  expect(mode('.secrets')).toBe('700')
  const names = Object.keys(contentOf(folder))
  expect(new Set(names.map((name) => mode(`.secrets/${name}`)))).toEqual(new Set(['444']))
})

test('git ignores all secret files', () => {
  const root = resolve(import.meta.dirname, '../../..')
  const made = ['.env', '.env.production', '.secrets/otlp_token', '.secrets/alertmanager.yml']
  const ignored = execFileSync('git', ['check-ignore', ...made], { cwd: root, encoding: 'utf8' })
  expect(ignored.trim().split('\n')).toEqual(made)
})

test('a secret of the environment file is written to its file, and an unset one becomes an empty file', () => {
  const folder = laidOut({ ALERT_SLACK_WEBHOOK: 'https://hooks.slack.test/services/T/B/x' })
  makeSecrets(folder)
  expect(contentOf(folder)).toMatchObject({
    alert_slack_webhook: 'https://hooks.slack.test/services/T/B/x',
    alert_email_password: '',
  })
})

test('a secret that is set later fills its empty file', () => {
  const folder = laidOut()
  makeSecrets(folder)
  writeFileSync(join(folder, '.env.production'), 'OPENAI_API_KEY=sk-later\n')
  makeSecrets(folder)
  expect(contentOf(folder)['openai_api_key']).toBe('sk-later')
})

test('a secret is never overwritten: two values for it are a problem, reported without the values', () => {
  const folder = laidOut({ ALERT_EMAIL_PASSWORD: 'first' })
  makeSecrets(folder)
  writeFileSync(join(folder, '.env.production'), 'ALERT_EMAIL_PASSWORD=second\n')
  expect(problemsOf(folder)).toEqual([
    'ALERT_EMAIL_PASSWORD differs from .secrets/alert_email_password, which is never overwritten; remove the one that is out of date',
  ])
  expect(contentOf(folder)['alert_email_password']).toBe('first')
})

test('all problems are reported at once, and nothing is written', () => {
  const folder = laidOut({ ALERT_EMAIL_PORT: 'many', MAX_RETRIES: '-1', ALERT_SLACK_WEBHOOK: 'no address' })
  writeFileSync(join(folder, '.env'), 'MONITOR_PORT=1\n')
  const problems = problemsOf(folder)
  for (const name of ['ALERT_EMAIL_PORT', 'MAX_RETRIES', 'ALERT_SLACK_WEBHOOK', '.env ']) {
    expect(problems.some((problem) => problem.startsWith(name))).toBe(true)
  }
  expect(contentOf(folder)).toEqual({})
})

test('without .env.production the error names the file to copy', () => {
  const folder = laidOut()
  rmSync(join(folder, '.env.production'))
  expect(problemsOf(folder)).toEqual(['.env.production is missing; copy .env.production.example to it first'])
})

test('.env is a link to .env.production, also if the link existed before', () => {
  const folder = laidOut()
  symlinkSync('.env.production', join(folder, '.env'))
  makeSecrets(folder)
  expect(readlinkSync(join(folder, '.env'))).toBe('.env.production')
})

test('where links are not allowed, .env is a copy that each run renews and that becomes a link once links are allowed', () => {
  const folder = laidOut()
  const makeLink = (): never => {
    throw Object.assign(new Error('operation not permitted, symlink'), { code: 'EPERM' })
  }
  const lines: string[] = []
  const notify = (line: string): void => void lines.push(line)
  makeSecrets(folder, { makeLink, notify, shell: {} })
  expect(lines).toEqual([
    '.env is a copy of .env.production, because links are not allowed here: run pnpm secrets after each change',
  ])
  writeFileSync(join(folder, '.env.production'), '\uFEFFMONITOR_PORT=8181\n')
  makeSecrets(folder, { makeLink, shell: {} })
  const copy = readFileSync(join(folder, '.env'), 'utf8')
  expect(readComposeEnvironment(copy)).toEqual({ MONITOR_PORT: '8181' })
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  makeSecrets(folder, { shell: {} })
  expect(readlinkSync(join(folder, '.env'))).toBe('.env.production')
})

test('a password is read as Compose reads it, and a variable of the shell overrides the file, as for Compose', () => {
  const folder = laidOut({ ALERT_EMAIL_PASSWORD: 'abc#d"e$$f', ALERT_WEBHOOK_URL: 'https://ours.test' })
  const lines: string[] = []
  const shell = { ALERT_WEBHOOK_URL: 'https://shell.test', PATH: '/bin' }
  makeSecrets(folder, { shell, notify: (line) => lines.push(line) })
  expect(contentOf(folder)).toMatchObject({ alert_email_password: 'abc#d"e$f', alert_webhook_url: 'https://shell.test' })
  expect(lines).toEqual(['variables of this shell override .env.production, for docker compose as well: ALERT_WEBHOOK_URL'])
})

test.each(['prometheus', 'alertmanager'])('%s knows its password only by the bcrypt hash', (service) => {
  const folder = laidOut()
  makeSecrets(folder)
  const files = contentOf(folder)
  const password = files[`${service}_password`] ?? ''
  const users = parse(files[`${service}_web.yaml`] ?? '') as { basic_auth_users: { swarmwatch: string } }
  expect(compareSync(password, users.basic_auth_users.swarmwatch)).toBe(true)
  expect(files[`${service}_web.yaml`]).not.toContain(password)
})

test('the Collector has the credentials that it sends to Prometheus', () => {
  const folder = laidOut()
  makeSecrets(folder)
  const files = contentOf(folder)
  const password = files['prometheus_password'] ?? ''
  expect(Buffer.from(files['prometheus_basic_auth'] ?? '', 'base64').toString()).toBe(`swarmwatch:${password}`)
})

interface EmailConfig {
  readonly to: string
  readonly from: string
  readonly smarthost: string
}

/** The mail receiver that `.env.production` with these changes makes. */
function mailReceiver(changes: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): EmailConfig {
  const folder = laidOut({ ALERT_EMAIL_HOST: 'smtp.ours.test', ALERT_EMAIL_TO: 'ops@ours.test', ...changes })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  makeSecrets(folder)
  const { receivers } = parse(contentOf(folder)['alertmanager.yml'] ?? '') as {
    receivers: { name: string; email_configs?: EmailConfig[] }[]
  }
  return receivers.find(({ name }) => name === 'mail')!.email_configs![0]!
}

test.each([
  ['::1', '25', '[::1]:25'],
  ['[2001:db8::25]', '587', '[2001:db8::25]:587'],
  ['192.0.2.1', '587', '192.0.2.1:587'],
])('Alertmanager finds a mail server at %s', (host, port, smarthost) => {
  expect(mailReceiver({ ALERT_EMAIL_HOST: host, ALERT_EMAIL_PORT: port }).smarthost).toBe(smarthost)
})

test('a name in an address is not a template and may contain commas', () => {
  const names = {
    ALERT_EMAIL_FROM: `'"Swarm {{ .Alerts }}" <swarm@ours.test>'`,
    ALERT_EMAIL_TO: `'"Doe, Jane" <jane@ours.test>, ops@ours.test'`,
  }
  expect(mailReceiver(names)).toMatchObject({
    from: '"Swarm {{ "{{" }} .Alerts }}" <swarm@ours.test>',
    to: '"Doe, Jane" <jane@ours.test>, ops@ours.test',
  })
})

test('Alertmanager trusts and greets the mail server in the same way as the bridge', () => {
  const pem = readFileSync(resolve(import.meta.dirname, '../../alert-bridge/test/channels/tls/certificate.pem'), 'utf8')
  const changes = {
    ALERT_EMAIL_IMPLICIT_TLS: 'true',
    ALERT_EMAIL_CA_FILE: 'relay.pem',
    ALERT_EMAIL_TLS_SKIP_VERIFY: 'true',
    ALERT_EMAIL_HELLO: 'swarm.ours.test',
  }
  expect(mailReceiver(changes, { 'relay.pem': pem })).toMatchObject({
    hello: 'swarm.ours.test',
    require_tls: false,
    force_implicit_tls: true,
    tls_config: { ca_file: '/run/secrets/alert_email_ca', insecure_skip_verify: true },
  })
})

test('on port 465 Alertmanager does not ask for STARTTLS, which servers do not offer there', () => {
  expect(mailReceiver({ ALERT_EMAIL_PORT: '465' })).toMatchObject({ force_implicit_tls: true, require_tls: false })
})

test('the certificates of the mail server are copied for the containers, and an empty file means that there are none', () => {
  const pem = readFileSync(resolve(import.meta.dirname, '../../alert-bridge/test/channels/tls/certificate.pem'), 'utf8')
  const folder = laidOut({ ALERT_EMAIL_HOST: 'mail', ALERT_EMAIL_TO: 'ops@ours.test', ALERT_EMAIL_CA_FILE: 'relay.pem' })
  writeFileSync(join(folder, 'relay.pem'), pem)
  makeSecrets(folder)
  expect(contentOf(folder)['alert_email_ca']).toBe(pem.trim())
  rmSync(join(folder, 'relay.pem'))
  expect(problemsOf(folder)).toEqual(['ALERT_EMAIL_CA_FILE must name a file that can be read (ENOENT)'])
  const other = laidOut()
  makeSecrets(other)
  expect(contentOf(other)['alert_email_ca']).toBe('')
})

test('Alertmanager mails the recipients of the environment file, whatever characters their names contain', () => {
  const folder = laidOut({
    ALERT_EMAIL_HOST: 'smtp.ours.test',
    ALERT_EMAIL_USER: `"it's: {me}"`,
    ALERT_EMAIL_FROM: 'swarm@ours.test',
    ALERT_EMAIL_TO: "o'brien@ours.test,ops@ours.test",
  })
  makeSecrets(folder)
  const { receivers } = parse(contentOf(folder)['alertmanager.yml'] ?? '') as {
    receivers: { name: string; email_configs?: object[] }[]
  }
  expect(receivers.find(({ name }) => name === 'mail')?.email_configs).toEqual([
    {
      to: "o'brien@ours.test, ops@ours.test",
      from: 'swarm@ours.test',
      smarthost: 'smtp.ours.test:587',
      hello: 'ours.test',
      auth_username: "it's: {me}",
      auth_password_file: '/run/secrets/alert_email_password',
      require_tls: true,
      force_implicit_tls: false,
      tls_config: { ca_file: '', insecure_skip_verify: false },
      send_resolved: true,
      html: '',
      text: expect.stringContaining('{{ range .Alerts }}'),
    },
  ])
})

test('without a mail server Alertmanager keeps the receiver, which does nothing', () => {
  const folder = laidOut()
  makeSecrets(folder)
  const { receivers } = parse(contentOf(folder)['alertmanager.yml'] ?? '') as { receivers: object[] }
  expect(receivers).toContainEqual({ name: 'mail' })
})

test('the URLs of databases are those of docker-compose.scale.yml, until the operator writes those of another server', () => {
  const folder = laidOut()
  makeSecrets(folder)
  const { bridge_database_url: bridge, bridge_database_password: password } = contentOf(folder)
  expect(bridge).toBe(`postgres://bridge:${password}@postgres:5432/bridge`)
  const own = 'postgres://worker:secret@one.example:5432,two.example:5432/tasks?sslmode=verify-full'
  const path = join(folder, '.secrets/worker_database_url')
  chmodSync(path, 0o644)
  writeFileSync(path, own)
  makeSecrets(folder)
  expect(contentOf(folder)).toMatchObject({ bridge_database_url: bridge, worker_database_url: own })
})
