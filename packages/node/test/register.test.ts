import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test as sequentialTest } from 'vitest'

import { runNode, runRegistered } from './run-node.ts'
import { deadAddress, testCollector } from './test-collector.ts'

// child processes start slowly on a busy machine
const test = sequentialTest.concurrent

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const anyPort = { METRICS_PORT: '0' }
const agent = `
  import { instrumentAgent } from '@swarmwatch/sdk'
  console.log(await instrumentAgent(async () => 'done', { name: 'imported' })())`

test('a short program ends normally, and its output contains no other lines', async () => {
  const { code, stdout, stderr } = await runRegistered(agent, { env: anyPort })
  expect({ code, stdout, stderr: stderr.replace(/^.*alert channel.*\n/gm, '') }).toEqual({
    code: 0,
    stdout: 'done\n',
    stderr: '',
  })
})

test('a program in a folder without package.json starts without a line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-no-manifest-'))
  writeFileSync(join(folder, 'program.mjs'), "console.log('done')")
  const { stdout, stderr } = await runNode(['--import=./src/register.ts', join(folder, 'program.mjs')], { env: anyPort })
  expect({ stdout, stderr: stderr.replace(/^.*alert channel.*\n/gm, '') }).toEqual({ stdout: 'done\n', stderr: '' })
  rmSync(folder, { recursive: true })
})

const hasScript = spawnSync('script', ['--version']).status === 0
if (!hasScript) console.log('skipped the address on a terminal: this machine has no program script (util-linux)')

sequentialTest.skipIf(!hasScript)('on a terminal, the address of the status page is printed, once for all threads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-terminal-'))
  const program = join(folder, 'program.mjs')
  writeFileSync(program, "import { Worker } from 'node:worker_threads'\nnew Worker('', { eval: true })")
  const words = [process.execPath, '--conditions=swarmwatch-source', '--import=./src/register.ts', program]
  const { stdout } = await promisify(execFile)(
    'script',
    ['--quiet', '--return', '--command', words.map((word) => `'${word}'`).join(' '), '/dev/null'],
    { cwd: packageFolder, env: { PATH: process.env['PATH'], ...anyPort, MONITOR_PORT: '0' } },
  )
  expect(stdout.match(/^\[TELEMETRY\] status page at http:\/\/127\.0\.0\.1:\d+\/\r?$/gm)).toHaveLength(1)
  rmSync(folder, { recursive: true })
})

test('flushes the remaining telemetry when the program ends normally', async () => {
  await using collector = await testCollector()
  const { code } = await runRegistered(agent, {
    env: { ...anyPort, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'short' },
  })
  expect(code).toBe(0)
  expect(collector.received.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces'])
  expect(collector.received.find(({ path }) => path === '/v1/traces')?.body).toContain('invoke_agent imported')
})

test.each(['refused', 'silence'] as const)('a short program ends although its collector is %s', async (how) => {
  await using collector = how === 'silence' ? await testCollector('silence') : undefined
  const url = collector?.url ?? (await deadAddress())
  const { code, stdout, stderr } = await runRegistered(agent, { env: { ...anyPort, OTEL_EXPORTER_OTLP_ENDPOINT: url } })
  expect([code, stdout]).toEqual([0, 'done\n'])
  expect(stderr.match(/OTLP export to/g)).toHaveLength(1)
})

test('a program with bad settings gets the whole report and runs without telemetry', async () => {
  const { code, stdout, stderr } = await runRegistered(agent, { env: { MAX_RETRIES: 'many', METRICS_PORT: '99999' } })
  expect([code, stdout]).toEqual([0, 'done\n'])
  expect(stderr).toContain('2 problems in the configuration')
  expect(stderr).toContain('MAX_RETRIES')
  expect(stderr).toContain('METRICS_PORT')
  expect(stderr).toContain('[TELEMETRY] the program runs without telemetry')
})

test('with SWARMWATCH_STRICT=1 a program with bad settings ends with 2 before its first line', async () => {
  const { code, stdout, stderr } = await runRegistered(agent, { env: { MAX_RETRIES: 'many', SWARMWATCH_STRICT: '1' } })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('MAX_RETRIES')
})

test.each([
  ['1', { code: 2, stdout: '' }, 'SWARMWATCH_STRICT is set: the program ends'],
  ['0', { code: 0, stdout: 'runs\n' }, 'the program runs without telemetry'],
])('on a Node that is too old, two lines report its version; with SWARMWATCH_STRICT=%s', async (strict, ended, effect) => {
  const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.0'}})`
  const args = ['--import', old, '--import', './src/register.ts', '--input-type=module', '--eval', "console.log('runs')"]
  expect(await runNode(args, { env: { ...anyPort, SWARMWATCH_STRICT: strict } })).toMatchObject({
    ...ended,
    stderr: `[TELEMETRY] @swarmwatch/node needs Node 22.15 or newer, this is 20.19.0\n[TELEMETRY] ${effect}\n`,
  })
})

test('startTelemetry in a registered program returns the running telemetry', async () => {
  const code = `
    import { startTelemetry } from './src/index.ts'
    const telemetry = await startTelemetry()
    console.log((await fetch(telemetry.metricsUrl)).status)`
  const { stdout, stderr } = await runRegistered(code, { env: anyPort })
  expect(stdout).toBe('200\n')
  expect(stderr).toContain('startTelemetry() was called before')
})

test('worker threads do not fight for the port', async () => {
  const code = `
    import { Worker } from 'node:worker_threads'
    new Worker('console.log("in worker")', { eval: true })`
  const { stdout, stderr } = await runRegistered(code, { env: { METRICS_PORT: '0' } })
  expect(stdout).toBe('in worker\n')
  expect(stderr).not.toContain('METRICS_PORT')
})

const waiting = (options: string): string => `
  import { startTelemetry } from './src/index.ts'
  import { instrumentAgent } from '@swarmwatch/sdk'
  await startTelemetry(${options})
  await instrumentAgent(async () => {}, { name: 'stopped' })()
  setInterval(() => {}, 1000)
  console.log('ready')`

test.each([
  ['flushes and ends the program when asked to handle it', '{ handleSignals: true }', { code: null, signal: 'SIGTERM' }, 2],
  ['is none of our business otherwise', '{}', { code: null, signal: 'SIGTERM' }, 0],
] as const)('SIGTERM %s', async (_title, options, end, exports) => {
  await using collector = await testCollector()
  const ended = await runNode(['--input-type=module', '--eval', waiting(options)], {
    env: { ...anyPort, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    onOutput: (output, kill) => {
      if (output.includes('ready')) kill('SIGTERM')
    },
  })
  expect(ended).toMatchObject(end)
  expect(collector.received).toHaveLength(exports)
})

test.each(['doctor', 'npx-cli.js'])(
  'leaves the ports to the application when NODE_OPTIONS loads it into a tool: %s',
  async (tool) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-register-'))
    const script = join(folder, tool)
    writeFileSync(script, '')
    const { port } = taken.address() as AddressInfo
    const env = { NODE_OPTIONS: '--import=./src/register.ts', METRICS_PORT: String(port) }
    const { stderr } = await runNode(tool === 'doctor' ? ['./src/cli.ts', 'doctor'] : [script], { env })
    expect(stderr).toBe('')
    // The same without the name of a tool logs that the port is taken
    const application = join(folder, 'application.mjs')
    writeFileSync(application, '')
    expect((await runNode([application], { env })).stderr).toContain(`METRICS_PORT ${port} is taken`)
    taken.close()
    rmSync(folder, { recursive: true })
  },
)
