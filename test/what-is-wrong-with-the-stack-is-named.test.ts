import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'

import { eventually, freePort, type ProgramResult, runDocker } from '@swarmwatch/testkit'
import { buildImages, layOut } from '@swarmwatch/testkit/stack'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted) console.log('skipped: what is wrong with the stack; it needs Docker, and REQUIRE_STACK=1 runs it')

/** The stack laid out and nothing started; what was started is removed after the test. */
async function laidOut(): Promise<{ folder: string; compose: (...args: readonly string[]) => Promise<ProgramResult> }> {
  const [grafana, grpc, http] = await Promise.all([freePort(), freePort(), freePort()])
  const ports = { MONITOR_PORT: String(grafana), OTLP_GRPC_PORT: String(grpc), OTLP_HTTP_PORT: String(http) }
  const folder = layOut(ports, [])
  const project = ['compose', `--project-name=${basename(folder).toLowerCase()}`, '--file=docker-compose.production.yml']
  const compose = (...args: readonly string[]): Promise<ProgramResult> => runDocker([...project, ...args], { cwd: folder })
  onTestFinished(async () => {
    await compose('down', '--volumes', '--timeout=5')
    rmSync(folder, { recursive: true })
  })
  return { folder, compose }
}

/** The lines that name `what`. */
const linesWith = ({ output }: ProgramResult, what: string): readonly string[] =>
  output.split('\n').filter((line) => line.includes(what))

const up = ['up', '--detach', '--no-build', '--pull=never', '--wait', '--wait-timeout=60'] as const

describe.runIf(isWanted)('before or at the start', () => {
  beforeAll(() => buildImages(), 600_000)

  test('a missing secret stops up, and one line names its file', async () => {
    const { folder, compose } = await laidOut()
    rmSync(join(folder, '.secrets/otlp_token'), { force: true })
    const ended = await compose(...up, 'otel-collector')
    expect(ended.code).not.toBe(0)
    expect(ended.output.trimEnd().split('\n').at(-1)).toMatch(/path does not exist.*\.secrets\/otlp_token$/)
  })

  test('a missing variable stops up, and one line names the remedy', async () => {
    const { folder, compose } = await laidOut()
    rmSync(join(folder, '.env'))
    const ended = await compose(...up)
    expect(ended.code).not.toBe(0)
    expect(linesWith(ended, 'MONITOR_PORT')).toEqual([expect.stringContaining('run pnpm secrets')])
  })

  test('a port that is taken stops up, and one line names it', async () => {
    const { folder, compose } = await laidOut()
    const port = Number(/OTLP_HTTP_PORT=(\d+)/.exec(readFileSync(join(folder, '.env.production'), 'utf8'))?.[1])
    const taken = createServer().listen(port, '127.0.0.1')
    await new Promise((done) => taken.once('listening', done))
    onTestFinished(() => void taken.close())
    const ended = await compose(...up, 'otel-collector')
    expect(ended.code).not.toBe(0)
    expect(linesWith(ended, `127.0.0.1:${port}`)).toHaveLength(1)
  })

  test('a malformed alert configuration ends the bridge, and every problem is named', async () => {
    const { folder, compose } = await laidOut()
    const file = join(folder, 'config/production.yaml')
    const broken = readFileSync(file, 'utf8').replace('type: slack', 'type: pigeon').replace('threshold: 0.2', 'threshold: much')
    writeFileSync(file, broken)
    expect((await compose(...up, 'alert-bridge')).code).not.toBe(0)
    const log = await compose('logs', 'alert-bridge')
    expect(linesWith(log, 'alerts.channels[1].type')[0]).toContain('pigeon')
    expect(linesWith(log, 'alerts.rules[1].threshold')[0]).toContain('much')
  })

  test('a malformed rule ends Prometheus, and one line names file and rule', async () => {
    const { folder, compose } = await laidOut()
    const rule = 'groups: [{ name: ours, rules: [{ alert: OurAlert, expr: sum(agent_executions_total }] }]\n'
    writeFileSync(join(folder, 'collector/prometheus/rules/ours.yaml'), rule)
    expect((await compose(...up, 'prometheus')).code).not.toBe(0)
    expect(linesWith(await compose('logs', 'prometheus'), 'rules/ours.yaml')[0]).toContain('OurAlert')
  })

  test('a malformed configuration ends Alertmanager, and one line names what is wrong', async () => {
    const { folder, compose } = await laidOut()
    const file = join(folder, '.secrets/alertmanager.yml')
    const broken = readFileSync(file, 'utf8').replace('receiver: bridge-watchdog', 'receiver: pigeon')
    rmSync(file)
    writeFileSync(file, broken)
    expect((await compose(...up, 'alertmanager')).code).not.toBe(0)
    expect(linesWith(await compose('logs', 'alertmanager'), 'pigeon')[0]).toContain('error loading configuration file')
  })

  test('a worker with a wrong token logs that and keeps running its agents', async () => {
    const { folder, compose } = await laidOut()
    writeFileSync(join(folder, '.secrets/wrong'), 'a-token-that-nobody-knows')
    const wrong = join(folder, 'wrong-token.yml')
    writeFileSync(
      wrong,
      `services: { agent-worker: { secrets: [wrong], environment: { SWARMWATCH_OTLP_TOKEN_FILE: /run/secrets/wrong, WORKER_TASKS_PER_MINUTE: '60', METRICS_EXPORT_INTERVAL: '2' } } }
secrets: { wrong: { file: .secrets/wrong } }
`,
    )
    const started = await compose(`--file=${wrong}`, ...up, 'otel-collector', 'agent-worker')
    expect(started).toMatchObject({ code: 0 })
    const logged = await eventually(
      'the worker to log it',
      async () => linesWith(await compose('logs', '--no-log-prefix', 'agent-worker'), '401')[0],
      { everyMs: 500 },
    )
    expect(logged).toMatch(/^\[TELEMETRY\] .*SWARMWATCH_OTLP_TOKEN/)
    const health = `fetch('http://127.0.0.1:8070/healthz').then((answer) => answer.json()).then(({ succeeded }) => console.log(succeeded))`
    const succeeded = async (): Promise<number> =>
      Number((await compose('exec', '-T', 'agent-worker', 'node', '--eval', health)).output)
    const before = await succeeded()
    await eventually('more runs to succeed', async () => ((await succeeded()) > before ? true : undefined), {
      everyMs: 500,
    })
  })
})
