import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { decodeMetrics, type HttpServer, openHttpServer, repositoryRoot, startProgram } from '@swarmwatch/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

import { consumerOf, packPublished, type PackedPackage } from './packed-packages.ts'
import { runProgram } from './run-in.ts'

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
}

interface Instrumentation {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly exporter: { readonly endpoint: string }
    readonly propagators: readonly string[]
    readonly resource: { readonly resourceAttributes: Readonly<Record<string, string>> }
    readonly env?: readonly Variable[]
    readonly nodejs?: { readonly image: string; readonly env: readonly Variable[] }
  }
}

const folder = join(repositoryRoot, 'deploy/opentelemetry-operator')
const instrumentations = new Map(
  parseAllDocuments(await readFile(join(folder, 'instrumentation.yaml'), 'utf8')).map((document) => {
    const instrumentation = document.toJS() as Instrumentation
    return [instrumentation.metadata.name, instrumentation.spec] as const
  }),
)

const token = 'test-otlp-token-1234567890'
const program = `
  import { instrumentAgent } from '@swarmwatch/sdk'
  console.log(await instrumentAgent(async () => 'done', { name: 'reviewer' })())
`

let outside: string
let packed: PackedPackage[]
beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'swarmwatch-operator-'))
  packed = await packPublished(outside)
})
afterAll(() => rm(outside, { recursive: true, force: true }))

/** The variables that the operator (0.15x, internal/instrumentation/sdk.go) sets in the container of a pod whose own are `own`. */
function injected(
  { exporter, propagators, resource, env = [], nodejs }: Instrumentation['spec'],
  collector: HttpServer,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const variables: Record<string, string> = { ...own }
  for (const { name, value, valueFrom } of [...(nodejs?.env ?? []), ...env]) {
    expect(valueFrom ?? { secretKeyRef: { name: 'swarmwatch-agents', key: 'otlp_token' } }).toEqual({
      secretKeyRef: { name: 'swarmwatch-agents', key: 'otlp_token' },
    })
    variables[name] ??= value ?? token
  }
  if (nodejs !== undefined) {
    const appended = '--require /otel-auto-instrumentation-nodejs/autoinstrumentation.js'
    variables['NODE_OPTIONS'] = `${variables['NODE_OPTIONS'] ?? ''} ${appended}`
  }
  expect(exporter.endpoint).toBe('http://swarmwatch-otel-collector.swarmwatch:4318')
  variables['OTEL_EXPORTER_OTLP_ENDPOINT'] ??= collector.url
  variables['OTEL_SERVICE_NAME'] ??= 'my-agents'
  variables['OTEL_PROPAGATORS'] ??= propagators.join(',')
  const attributes = {
    ...resource.resourceAttributes,
    'k8s.pod.name': 'my-agents-1',
    'service.instance.id': 'agents.my-agents-1.app',
  }
  variables['OTEL_RESOURCE_ATTRIBUTES'] ??= Object.entries(attributes)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  return variables
}

/** Runs the program in a folder; returns its output and what its exports contain. */
async function runAgent(cwd: string, collector: HttpServer, variables: Readonly<Record<string, string>>): Promise<object> {
  await writeFile(join(cwd, 'app.mjs'), program)
  const { HOME, PATH } = process.env
  const env = { HOME, PATH, MONITOR_PORT: '0', METRICS_PORT: '0', ...variables }
  const running = startProgram(process.execPath, ['app.mjs'], { cwd, env })
  const { code } = await running.ended
  const exports = collector.requests.filter(({ path }) => path === '/v1/metrics')
  const runs = exports.flatMap(({ bytes }) => decodeMetrics(bytes)).filter(({ name }) => name === 'agent.executions')
  return {
    code,
    isDone: running.output().includes('done\n'),
    tokens: [...new Set(exports.map(({ headers }) => headers.authorization))],
    // strings are readable in protobuf
    attributes: ['my-agents', 'my-agents-1', 'production'].filter((value) => exports.at(-1)?.body.includes(value)),
    runs: runs
      .at(-1)
      ?.points.filter(({ attributes }) => attributes['outcome'] === 'success')
      .map(({ value }) => value),
  }
}

const seen = {
  code: 0,
  isDone: true,
  tokens: [`Bearer ${token}`],
  attributes: ['my-agents', 'my-agents-1', 'production'],
  runs: [1],
}

test('inject-sdk starts telemetry of an image that contains @swarmwatch/node', async () => {
  await using collector = await openHttpServer()
  const app = await consumerOf(packed, outside)
  expect(await runAgent(app, collector, injected(instrumentations.get('swarmwatch')!, collector))).toEqual(seen)
})

test('inject-nodejs starts telemetry of an image without it, from the copied folder', async () => {
  await using collector = await openHttpServer()
  // What the Dockerfile installs, and the init container copies
  const volume = await mkdtemp(join(outside, 'otel-auto-instrumentation-nodejs-'))
  const ours = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  await writeFile(join(volume, 'package.json'), '{ "private": true }')
  const settings = { overrides: ours, nodeLinker: 'hoisted', verifyDepsBeforeRun: false }
  await writeFile(join(volume, 'pnpm-workspace.yaml'), JSON.stringify(settings))
  const names = [ours['@swarmwatch/node']!, ours['@swarmwatch/sdk']!, '@opentelemetry/api']
  const { status, output } = await runProgram(volume, 'npx', ['--yes', 'pnpm@12.21.0', 'add', ...names])
  expect(status, output).toBe(0)
  await writeFile(join(volume, 'autoinstrumentation.js'), '')
  const app = await consumerOf(
    packed.filter(({ name }) => name === 'sdk'),
    outside,
  )
  const variables = injected(instrumentations.get('swarmwatch-copied')!, collector)
  const options = variables['NODE_OPTIONS']!.replaceAll('/otel-auto-instrumentation-nodejs', volume)
  expect(await runAgent(app, collector, { ...variables, NODE_OPTIONS: options })).toEqual(seen)
})

test('the image of the operator has the folder, the file that is required, and cp', async () => {
  const dockerfile = await readFile(join(folder, 'Dockerfile'), 'utf8')
  expect(dockerfile).toContain('touch autoinstrumentation.js')
  expect(dockerfile).toMatch(/^FROM busybox\S+\nCOPY --from=build \/autoinstrumentation \/autoinstrumentation$/m)
})
