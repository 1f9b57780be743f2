import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'

import { channelHint, channelWarnings, loadConfiguration } from '@swarmwatch/config'
import { expect, onTestFinished, test } from 'vitest'

import { checkAgents } from '../../src/doctor/frameworks.ts'
import { type DoctorOptions, printDoctor, runDoctor } from '../../src/doctor/run-doctor.ts'
import { startTelemetry, type TelemetryOptions } from '../../src/index.ts'
import { telemetryResource } from '../../src/opentelemetry/telemetry-resource.ts'
import { deadAddress, testCollector } from '../test-collector.ts'
import { apiOf, applicationWith } from './application-with.ts'

const healthyFolder = (): string =>
  applicationWith({
    '': { name: 'app', dependencies: { '@opentelemetry/api': '^1.10.0' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
  })

const free = { MONITOR_PORT: '0', METRICS_PORT: '0' }
const channels = { ALERT_SLACK_WEBHOOK: 'https://hooks.example.com/s3cret', ALERT_WEBHOOK_URL: 'https://example.com/s3cret' }
const named = { OTEL_SERVICE_NAME: 'billing' }

async function doctor({ env = {}, ...options }: DoctorOptions = {}): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = []
  const code = await printDoctor(
    {
      cwd: healthyFolder(),
      nodeVersion: '24.21.0',
      execArgv: [],
      hasProvider: false,
      env: { ...free, ...named, ...channels, ...env },
      ...options,
    },
    (line) => lines.push(line),
  )
  return { code, lines }
}

/** The lines that a healthy set-up does not have. */
async function unlike(options: DoctorOptions): Promise<{ code: number; lines: string[] }> {
  const healthy = await doctor()
  const { code, lines } = await doctor(options)
  return { code, lines: lines.filter((line) => !healthy.lines.includes(line)) }
}

async function taken(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('a healthy set-up has only lines that are ok, but for the provider that it cannot see', async () => {
  expect(await doctor()).toEqual({
    code: 0,
    lines: [
      '[OK]    Node 24.21.0',
      '[OK]    one copy of @opentelemetry/api, 1.10.0',
      '[NOTE]  whether the application registers an OpenTelemetry provider can be checked only while it runs: start it, then run the doctor again',
      '[OK]    the service is called billing',
      '[OK]    no settings file: the defaults and the environment apply',
      '[OK]    nothing is exported by OTLP: OTEL_EXPORTER_OTLP_ENDPOINT is not set. /metrics and the status page work without it',
      '[OK]    the status page takes any free port (MONITOR_PORT is 0)',
      '[OK]    /metrics takes any free port (METRICS_PORT is 0)',
      '[OK]    retries wait 5, 15, 30 s',
      '[OK]    alerts are sent to slack, webhook',
    ],
  })
})

test('a broken set-up has a line with the cure for each thing', async () => {
  const port = await taken()
  const endpoint = await deadAddress()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRICS_EXPORTER: 'none', SWARMWATCH_OTLP_TOKEN: 's3cret' }
  const { code, lines } = await unlike({
    cwd: applicationWith({ '': { name: 'app' } }),
    nodeVersion: '20.19.0',
    execArgv: ['--import=./telemetry.mjs'],
    env: {
      ...env,
      METRICS_PORT: String(port),
      OTEL_SERVICE_NAME: '',
      MAX_RETRY_DELAY: '60',
      ALERT_SLACK_WEBHOOK: '',
      ALERT_WEBHOOK_URL: '',
    },
  })
  expect(code).toBe(1)
  expect(lines).toEqual([
    '[WRONG] Node 20.19.0 is too old: install Node 24, or at least 22.15',
    '[WRONG] @opentelemetry/api is not installed here: run the doctor in the folder of the application, or install it there',
    '[NOTE]  the environment has no name for the service: fine if the code calls startTelemetry({ serviceName }); otherwise set OTEL_SERVICE_NAME, or pass serviceName to startTelemetry()',
    `[WRONG] OTLP traces to ${endpoint}/v1/traces (token set) cannot be reached (ECONNREFUSED): is the Collector running, and is OTEL_EXPORTER_OTLP_ENDPOINT correct?`,
    `[WRONG] port ${port} of 127.0.0.1 is taken, so there would be no /metrics: stop the program that uses it, or set METRICS_PORT to another port`,
    '[WARN]  retries wait 5, 15, 45 s: MAX_RETRY_DELAY=60 comes from older set-ups. For 5, 15, 30 s remove it, or set 30',
    `[WARN]  there is no alert channel besides the console: set ${channelHint}, so that alerts are sent by two channels`,
  ])
})

test.each([
  [200, 'no', '[OK]    OTLP traces to URL (token not set) is accepted', 0],
  [401, 'no', '[WRONG] OTLP traces to URL (token not set) is refused (401): set SWARMWATCH_OTLP_TOKEN to its token', 1],
  [
    401,
    'yes',
    '[WRONG] OTLP traces to URL (token set) is refused (401): is SWARMWATCH_OTLP_TOKEN the token of the Collector?',
    1,
  ],
  [
    404,
    'yes',
    '[WRONG] OTLP traces to URL (token set) has no such path (404): a Collector receives OTLP over HTTP on port 4318',
    1,
  ],
  [500, 'yes', '[WARN]  OTLP traces to URL (token set) is answered with 500: read the log of the Collector', 0],
] as const)('a Collector that answers %i, token: %s', async (status, hasToken, line, code) => {
  await using collector = await testCollector(status)
  const env = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    SWARMWATCH_OTLP_TOKEN: hasToken === 'yes' ? 's3cret' : '',
  }
  const found = await unlike({ env })
  expect(found).toEqual({ code, lines: [line.replace('URL', `${collector.url}/v1/traces`)] })
  expect(collector.received.map(({ path, headers, body }) => [path, headers.authorization, body])).toEqual([
    ['/v1/traces', hasToken === 'yes' ? 'Bearer s3cret' : undefined, ''],
  ])
})

test('a Collector that never answers is given up', async () => {
  await using collector = await testCollector('silence')
  const { lines } = await unlike({ timeoutMs: 50, env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url } })
  expect(lines).toEqual([
    `[WRONG] OTLP traces to ${collector.url}/ (token not set) cannot be reached (timeout): is the Collector running, and is OTEL_EXPORTER_OTLP_ENDPOINT correct?`,
  ])
})

test('with the set-up loaded, its provider is ok, and the ports it has open are not called taken', async () => {
  const { code, lines } = await unlike({ hasProvider: true, env: { METRICS_PORT: String(await taken()) } })
  expect({ code, lines }).toEqual({ code: 0, lines: ['[OK]    an OpenTelemetry provider is registered'] })
})

test('reports a page and /metrics on one port, and an address of another machine', async () => {
  const same = await unlike({ env: { MONITOR_PORT: '9464', METRICS_PORT: '9464' } })
  expect(same.lines).toEqual(['[WRONG] MONITOR_PORT and METRICS_PORT are both 9464: set one of them to another port'])
  const port = String(await taken())
  expect((await unlike({ env: { MONITOR_PORT: port, MONITOR_HOST: '192.0.2.1' } })).lines).toEqual([
    '[WRONG] the status page cannot listen on 192.0.2.1 (EADDRNOTAVAIL): set MONITOR_HOST to an address of this machine',
  ])
})

test('reports invalid settings one by one', async () => {
  const { code, lines } = await unlike({ env: { METRICS_PORT: 'x', MAX_RETRIES: '-1' } })
  expect({ code, lines }).toEqual({
    code: 1,
    lines: [
      '[WRONG] setting: METRICS_PORT must be a whole number from 0 to 65535, got "x"',
      '[WRONG] setting: MAX_RETRIES must be a whole number, 0 or more, got "-1"',
    ],
  })
  expect((await unlike({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' } })).lines).toEqual([
    '[WRONG] setting: OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// address',
  ])
})

test('a settings file is read from the folder, and its channels that are off are reported', async () => {
  const cwd = healthyFolder()
  mkdirSync(join(cwd, 'config'))
  const text =
    'recovery: { max_delay: 60, max_retries: 4 }\nalerts:\n  channels: [{ type: slack, webhook: "${TEAM_HOOK}" }, { type: console }]\n'
  writeFileSync(join(cwd, 'config/production.yaml'), text)
  const { code, lines } = await unlike({ cwd, env: { ALERT_SLACK_WEBHOOK: '', ALERT_WEBHOOK_URL: '' } })
  expect({ code, lines }).toEqual({
    code: 0,
    lines: [
      '[OK]    settings file config/production.yaml',
      '[WARN]  retries wait 5, 15, 45, 60 s: max_delay: 60 comes from older set-ups. For 5, 15, 30, 30 s remove it, or set 30',
      '[WARN]  alert channel "slack" is off: TEAM_HOOK is not set; set it, or remove alerts.channels[0] from config/production.yaml',
      `[WARN]  there is no alert channel besides the console: set ${channelHint}, so that alerts are sent by two channels`,
    ],
  })
})

test('reports the risks of a channel that its definition names', async () => {
  const env = { ALERT_EMAIL_HOST: 'mail', ALERT_EMAIL_TO: 'ops@example.com', ALERT_EMAIL_TLS_SKIP_VERIFY: 'true' }
  const { lines } = await unlike({ env: { ...env, ALERT_SLACK_WEBHOOK: '' } })
  const { alerts } = loadConfiguration({ env, file: false })
  expect(lines.filter((line) => line.includes('TLS'))).toEqual(
    alerts.channels.flatMap(channelWarnings).map((text) => `[WARN]  ${text}`),
  )
  expect(lines.join()).toContain('ALERT_EMAIL_TLS_SKIP_VERIFY')
})

test('findings have a level and a text, for programs that show them in another way', async () => {
  const findings = await runDoctor({ cwd: healthyFolder(), nodeVersion: '22.14.0', env: { ...free, ...named, ...channels } })
  expect(findings[0]).toEqual({ level: 'wrong', text: 'Node 22.14.0 is too old: install Node 24, or at least 22.15' })
})

test('no line holds a secret, and all are ASCII', async () => {
  const { lines } = await doctor({
    env: {
      OTEL_SERVICE_NAME: 'caf\u00e9',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:s3cret@127.0.0.1:2/?key=s3cret',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer s3cret',
    },
  })
  expect(lines.join('\n')).not.toContain('s3cret')
  expect(lines.join('\n')).toMatch(/^[\x20-\x7e\n]*$/)
})

/** The findings for the settings of an application that runs in this process. */
async function besideRunning(options: TelemetryOptions = {}, nameInEnvironment = '') {
  const telemetry = await startTelemetry({
    serviceName: 'billing',
    logger: false,
    metrics: { port: 0 },
    monitor: { port: 0, token: 'correct-horse-battery' },
    configFile: false,
    env: {},
    ...options,
  })
  onTestFinished(() => telemetry.shutdown())
  const [metricsPort, pagePort] = [telemetry.metricsUrl, telemetry.pageUrl].map((url) => new URL(url!).port) as [string, string]
  const env = { METRICS_PORT: metricsPort, MONITOR_PORT: pagePort, OTEL_SERVICE_NAME: nameInEnvironment }
  return { metricsPort, pagePort, ...(await unlike({ env, timeoutMs: 20_000 })) }
}

test('finds the healthy running application on its ports, with its name, recording', async () => {
  const { code, lines, metricsPort, pagePort } = await besideRunning()
  expect({ code, lines }).toEqual({
    code: 0,
    lines: [
      '[OK]    the running application records metrics',
      `[OK]    the status page of a running application answers on 127.0.0.1:${pagePort}; a second process needs another MONITOR_PORT`,
      `[OK]    /metrics of the running application billing answers on 127.0.0.1:${metricsPort}; a second process needs another METRICS_PORT`,
      '[NOTE]  no agent has finished a run in the running application: wrap the function that is your agent with instrumentAgent(), start a run, then run the doctor again',
    ],
  })
})

test('another application that answers on the ports is not taken for this one', async () => {
  const { lines } = await besideRunning({ serviceName: 'shipping' }, 'billing')
  expect(lines).toContain(
    '[NOTE]  the environment calls the service billing, but shipping answers on its ports: fine if the code passes that name to startTelemetry(); otherwise it is another application, and this one needs its own MONITOR_PORT and METRICS_PORT',
  )
})

test.each([
  [{ OTEL_RESOURCE_ATTRIBUTES: 'team=x, service.name = billing' }],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=bill%69ng,team=x' }],
  [{ OTEL_SERVICE_NAME: '  ', OTEL_RESOURCE_ATTRIBUTES: 'service.name=billing' }],
  [{ OTEL_SERVICE_NAME: ' billing ', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' }],
])('the name of the service is read as telemetry reads it: %j', async (env) => {
  expect(await unlike({ env: { OTEL_SERVICE_NAME: '', ...env } })).toEqual({ code: 0, lines: [] })
  expect(telemetryResource({}, env, () => {}).attributes['service.name']).toBe('billing')
})

test.each([
  [{ OTEL_SERVICE_NAME: '  ' }],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=' }],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'my.service.name=billing' }],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=billing,broken' }],
])('a name that telemetry does not take is none: %j', async (env) => {
  const { lines } = await unlike({ env: { OTEL_SERVICE_NAME: '', ...env } })
  expect(lines).toEqual([expect.stringMatching(/^\[NOTE\]  the environment has no name for the service/)])
  expect(telemetryResource({}, env, () => {}).attributes['service.name']).toBe('unknown_service:node')
})

test('reports a running application without a name', async () => {
  const { code, lines } = await besideRunning({ serviceName: undefined as never })
  expect([code, lines]).toEqual([
    1,
    expect.arrayContaining([
      '[WRONG] the running application is called unknown_service:node: set OTEL_SERVICE_NAME, or pass serviceName to startTelemetry()',
    ]),
  ])
})

test('a port that another program has is taken, and the program is named where its answer contains its name', async () => {
  const other = createHttpServer((_request, response) => response.setHeader('server', 'nginx').end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const { code, lines } = await unlike({ env: { MONITOR_PORT: String(port) } })
  expect([code, lines]).toEqual([
    1,
    [
      `[WRONG] port ${port} of 127.0.0.1 is taken by another program (nginx), so there would be no status page: stop the program that uses it, or set MONITOR_PORT to another port`,
    ],
  ])
})

test('register in NODE_OPTIONS is fine, and then the name must be in the environment', async () => {
  const env = { NODE_OPTIONS: '--import @swarmwatch/node/register', OTEL_SERVICE_NAME: '' }
  expect(await unlike({ env })).toEqual({
    code: 1,
    lines: [
      '[OK]    @swarmwatch/node/register is loaded before every program that starts with these NODE_OPTIONS',
      '[WRONG] the service has no name and would be unknown_service:node: set OTEL_SERVICE_NAME, or pass serviceName to startTelemetry()',
    ],
  })
  const other = await unlike({ env: { NODE_OPTIONS: '--require dotenv/config --max-old-space-size=500' } })
  expect(other).toEqual({ code: 0, lines: [] })
})

test('scripts of package.json that load register are fine', async () => {
  const scripts = {
    start: 'node --import @swarmwatch/node/register app.js',
    build: 'tsc',
    work: 'node --import=@swarmwatch/node/register work.js',
  }
  const cwd = healthyFolder()
  writeFileSync(
    join(cwd, 'package.json'),
    JSON.stringify({ name: 'app', dependencies: { '@opentelemetry/api': '^1.10.0' }, scripts }),
  )
  expect(await unlike({ cwd })).toEqual({
    code: 0,
    lines: ['[OK]    the scripts start, work of package.json load @swarmwatch/node/register'],
  })
})

test('names the agents that ran in the running application, or reports that none did', async () => {
  expect(checkAgents('agent_executions_total{agent_name="a",outcome="success"} 0\n')).toMatchObject({ level: 'note' })
  const series = ['b', 'a'].map((name) => `agent_executions_total{agent_name="${name}",outcome="failure"} 2\n`)
  expect(checkAgents(series.join(''))).toEqual({ level: 'ok', text: 'agents that ran in the running application: a, b' })
})

test('distinguishes an endpoint for gRPC, one without TLS, and exporters that are off', async () => {
  const port = await speaking('\u0000\u0000\u0012\u0004\u0000')
  const grpc = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}` }
  expect((await unlike({ env: grpc })).lines[0]).toMatch(
    /gets an answer that is not HTTP \(HPE_\w+\): gRPC is not supported; a Collector receives OTLP over HTTP on port 4318$/,
  )
  await using collector = await testCollector(200)
  const tls = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url.replace('http:', 'https:') }
  expect((await unlike({ env: tls })).lines[0]).toMatch(
    /gets an answer without TLS \(\w+\): should the address be http:\/\/ instead of https:\/\/\?$/,
  )
  const off = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
  expect((await unlike({ env: off })).lines).toEqual([
    '[OK]    nothing is exported by OTLP: OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER turn it off',
  ])
  expect((await unlike({ env: { OTEL_SDK_DISABLED: 'true' } })).lines).toEqual([
    '[WARN]  OTEL_SDK_DISABLED is set, so nothing is measured and neither /metrics nor the status page is served; remove it',
  ])
})

test('channels reach no one while the bridge that sends them is not installed', async () => {
  const cwd = applicationWith({
    '': { name: 'app', dependencies: { '@opentelemetry/api': '^1.10.0', '@swarmwatch/node': '1' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
    'node_modules/@swarmwatch/node': { name: '@swarmwatch/node', version: '1.0.0' },
  })
  expect((await unlike({ cwd })).lines).toEqual([
    '[WARN]  alerts go to the console only: slack, webhook are sent by @swarmwatch/alert-bridge, which is not installed; install it, or pass alerts.deliver to startTelemetry()',
  ])
  const { lines } = await unlike({ cwd, env: { ALERTMANAGER_URL: await deadAddress() } })
  expect(lines.join('\n')).not.toContain('alerts go to the console')
})

/** A server that answers every connection with these bytes. */
async function speaking(bytes: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('the doctor checks the settings that the start script reads from its environment file', async () => {
  const cwd = applicationWith({
    '': {
      name: 'app',
      dependencies: { '@opentelemetry/api': '^1.10.0' },
      scripts: {
        start: 'node --env-file-if-exists=stack/app.env --import @swarmwatch/node/register server.js',
        worker: 'node --env-file-if-exists=other.env --import @swarmwatch/node/register worker.js',
      },
    },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
  })
  mkdirSync(join(cwd, 'stack'))
  writeFileSync(join(cwd, 'stack/app.env'), 'OTEL_SERVICE_NAME=shop\nMONITOR_PORT=0\nMETRICS_PORT=1.5\nMAX_RETRIES=x\n')
  const findings = await runDoctor({ cwd, env: { METRICS_PORT: '0' }, execArgv: [], nodeVersion: '24.21.0' })
  const texts = findings.map(({ text }) => text)
  expect(texts).toContain('the environment is that of this shell and of stack/app.env, as the application reads it')
  expect(texts.filter((text) => text.startsWith('setting:'))).toEqual([
    'setting: MAX_RETRIES must be a whole number, 0 or more, got "x"',
  ])
  expect(texts.find((text) => text.includes('no name for the service'))).toBeUndefined()
})

test('the doctor checks the settings of a Next.js application in .env.local', async () => {
  const cwd = applicationWith({
    '': { name: 'app', dependencies: { '@opentelemetry/api': '^1.10.0', next: '^16.0.0' }, scripts: { dev: 'next dev' } },
    'node_modules/@opentelemetry/api': apiOf('1.10.0'),
  })
  writeFileSync(join(cwd, '.env.local'), 'SWARMWATCH_CONFIG=stack/production.yaml\n')
  const findings = await runDoctor({ cwd, env: { ...free, ...named }, execArgv: [], nodeVersion: '24.21.0' })
  expect(findings.some(({ text }) => text.includes('stack/production.yaml'))).toBe(true)
})
