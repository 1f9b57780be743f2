import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort, type Program, startProgram } from '@swarmwatch/testkit'
import { expect, vi } from 'vitest'

import type { PackedPackage, Published } from '../packed-packages.ts'
import { type OtlpSink, otlpSink } from './otlp-sink.ts'

const programs = fileURLToPath(new URL('programs', import.meta.url))

/** An application as a user has it: installed from the packed tarballs in a folder of its own, with a collector on loopback. */
export interface Trial extends AsyncDisposable {
  readonly folder: string
  readonly sink: OtlpSink
  readonly metricsUrl: string
  readonly pageUrl: string
  /** Starts a program in the folder, or in `cwd`; the path of `command` may start at the folder. */
  readonly start: (command: string, args: readonly string[], options?: ProgramOptions) => Program
  /** Runs it to its end, which must be code 0, and returns its output. */
  readonly run: (command: string, args: readonly string[], options?: ProgramOptions) => Promise<string>
}

interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Requirements of an application, in addition to its own folder below `programs/`. */
export interface TrialNeeds {
  readonly name: string
  /** Further programs of `programs/`, by the name that they get in the folder. */
  readonly files?: Readonly<Record<string, string>>
  readonly packages: readonly Published[]
}

/** Copies and installs it below `below`. Rejects with pnpm's output when that fails, also when only an install script was ignored. */
export async function openTrial(
  { name, files = {}, packages }: TrialNeeds,
  packed: readonly PackedPackage[],
  below: string,
): Promise<Trial> {
  const folder = await mkdtemp(join(below, `${name}-`))
  await cp(join(programs, name), folder, { recursive: true })
  for (const [target, source] of Object.entries(files)) await cp(join(programs, source), join(folder, target))
  const sink = await otlpSink()
  const started: Program[] = []
  const [metricsPort, pagePort] = [await freePort(), await freePort()]
  const { NODE_OPTIONS: _, NODE_ENV: __, VITEST: ___, ...outer } = process.env
  const env: NodeJS.ProcessEnv = {
    ...outer,
    // the Node that runs this, not one that comes first on the machine
    PATH: `${dirname(process.execPath)}:${outer['PATH']}`,
    CI: '1',
    METRICS_PORT: String(metricsPort),
    MONITOR_PORT: String(pagePort),
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_SERVICE_NAME: name,
  }
  const start: Trial['start'] = (command, args, options = {}) => {
    const path = command.startsWith('node_modules/') ? join(folder, command) : command
    const program = startProgram(path, args, { cwd: options.cwd ?? folder, env: { ...env, ...options.env } })
    started.push(program)
    return program
  }
  const run: Trial['run'] = async (command, args, options) => {
    const program = start(command, args, options)
    const end = await program.ended
    expect(end, program.output()).toEqual({ code: 0, signal: null })
    return program.output()
  }
  await install(folder, packages, packed, run)
  return {
    folder,
    sink,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    pageUrl: `http://127.0.0.1:${pagePort}/`,
    start,
    run,
    async [Symbol.asyncDispose]() {
      for (const program of started) program.kill('SIGKILL')
      await Promise.all(started.map(({ ended }) => ended))
      await sink[Symbol.asyncDispose]()
    },
  }
}

async function install(
  folder: string,
  packages: readonly Published[],
  packed: readonly PackedPackage[],
  run: Trial['run'],
): Promise<void> {
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { dependencies?: Record<string, string> }
  const ours = Object.fromEntries(packed.map(({ manifest: { name }, tarball }) => [name, `file:${tarball}`]))
  const asked = packages.map((name) => `@swarmwatch/${name}`)
  const dependencies = { ...manifest.dependencies, ...Object.fromEntries(asked.map((name) => [name, ours[name]])) }
  await writeFile(path, JSON.stringify({ ...manifest, dependencies }, null, 2))
  // What they depend on of each other is not in the registry yet
  const settings = { overrides: ours, allowBuilds: othersBuilds, verifyDepsBeforeRun: false }
  await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings))
  await run('npx', ['--yes', 'pnpm@12.21.0', 'install', '--no-frozen-lockfile', '--prefer-offline'])
}

/** Install scripts of the applications' own packages; an ignored one makes pnpm fail, so one of ours would be seen. */
const othersBuilds = {
  '@nestjs/core': false,
  '@parcel/watcher': false,
  bun: true,
  deno: true,
  esbuild: true,
  'msgpackr-extract': false,
  protobufjs: false,
  sharp: false,
  'unrs-resolver': false,
}

/** Waits until the collector has the run of the greeter: its span, that of its second attempt, and its metrics. */
export async function expectTelemetry(sink: OtlpSink): Promise<void> {
  const arrived = (): void => {
    expect(sink.bodies('/v1/traces')).toContain('invoke_agent greeter')
    expect(sink.bodies('/v1/traces')).toContain('attempt 2')
    expect(sink.bodies('/v1/metrics')).toContain('agent.executions')
    expect(sink.bodies('/v1/metrics')).toContain('agent.retries')
  }
  await vi.waitFor(arrived, { timeout: 120_000 })
}

/** Asks `/metrics` and the page of the application about the run of the greeter. */
export async function expectServed({ metricsUrl, pageUrl }: Trial): Promise<void> {
  const metrics = await (await fetch(metricsUrl)).text()
  expect(metrics).toMatch(/^agent_executions_total\{agent_name="greeter",outcome="success".*\} 1$/m)
  expect(metrics).toMatch(/^agent_retries_total\{agent_name="greeter",error_type="503".*\} 1$/m)
  expect(await (await fetch(pageUrl)).text()).toContain('greeter')
}

/** Ends it as an orchestrator does: it must go by itself, and what it had not sent must have arrived. */
export async function expectCleanEnd({ sink }: Trial, program: Program): Promise<void> {
  program.kill('SIGTERM')
  const { code, signal } = await program.ended
  expect(signal ?? code, program.output()).toBeOneOf(['SIGTERM', 0, 143])
  await expectTelemetry(sink)
}
