import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { propagation, SpanKind } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { instrumentMcpClient, McpInstrumentation } from '@swarmwatch/instrumentation'
import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import { startTestTelemetry, type RecordedHistogram, type RecordedSpan, type TestTelemetry } from '@swarmwatch/testing'
import { eventually, openTemporaryFolder } from '@swarmwatch/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { otlpSink } from './apps/otlp-sink.ts'
import { installFrameworks } from './install-packages.ts'

// The SDKs are installed on demand, so their types are not there
interface Client {
  callTool(params: object, ...rest: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}
type Sdk = Readonly<Record<string, new (...args: readonly unknown[]) => never>>
interface Program {
  readonly versions: readonly string[]
  load(version: string): Promise<Sdk>
  server(sdk: Sdk, during?: () => unknown): { connect(transport: unknown): Promise<void>; server: object }
  client(sdk: Sdk, transport: unknown, options?: object): Promise<Client>
  pair(sdk: Sdk, during?: () => unknown): Promise<Client>
}

const whyNot = await installFrameworks()
const programUrl = new URL('frameworks/mcp.mjs', import.meta.url)
const versions = ['version 1, ESM', 'version 1, CommonJS', 'version 2, ESM', 'version 2, CommonJS']

let program: Program
let telemetry: TestTelemetry
let source: McpInstrumentation

beforeAll(() => {
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
afterAll(() => propagation.disable())
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  // Before the SDKs are loaded
  source = new McpInstrumentation()
  program ??= (await import(programUrl.href)) as Program
})
afterEach(async () => {
  source.disable()
  await telemetry.shutdown()
})

/** Runs `work` as an agent, without retries. */
const inRun = async (work: () => Promise<unknown>): Promise<unknown> =>
  instrumentAgent(work, { name: 'solver', logger: false, recovery: { maxRetries: 0 } })()

const clientSpans = (): RecordedSpan[] => telemetry.spans().filter(({ kind }) => kind === SpanKind.CLIENT)
const serverSpans = (): RecordedSpan[] => telemetry.spans().filter(({ kind }) => kind === SpanKind.SERVER)
const protocolVersionOf = ({ attributes: { 'mcp.protocol.version': version } }: RecordedSpan): object =>
  version === undefined ? {} : { 'mcp.protocol.version': version }
const errorTypes = (spans: readonly RecordedSpan[]): unknown[] => spans.map(({ attributes }) => attributes['error.type'])

describe.skipIf(whyNot).each(versions)('with MCP %s', (version) => {
  let sdk: Sdk
  beforeEach(async () => {
    sdk = await program.load(version)
  })

  test('a tool call is a client span, a server span below it, and one tool call of the run', async () => {
    const client = await program.pair(sdk)
    const result = await inRun(() => client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }))
    expect(result).toMatchObject({ content: [{ type: 'text', text: '3' }] })
    const [client1] = clientSpans()
    const [server1] = serverSpans()
    const common = {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
    }
    expect(client1).toMatchObject({
      name: 'tools/call add',
      attributes: {
        ...common,
        'gen_ai.tool.type': 'extension',
        'gen_ai.agent.name': 'solver',
        'jsonrpc.request.id': server1!.attributes['jsonrpc.request.id'],
      },
    })
    expect(server1).toMatchObject({
      name: 'tools/call add',
      attributes: { ...common, 'jsonrpc.request.id': '1' },
      parentSpanContext: { spanId: client1!.spanContext().spanId },
    })
    telemetry.expectExecution('solver', { outcome: 'success', tools: ['add'] })
    expect(telemetry.expectExecution('solver').attributes['swarmwatch.tool.calls']).toBe(1)
    expect(await telemetry.sum('gen_ai.execute_tool.duration', { 'gen_ai.tool.name': 'add' })).toBe(1)
    for (const side of ['client', 'server']) {
      const points = await telemetry.points(`mcp.${side}.operation.duration`)
      expect(points.map(({ attributes, value }) => [attributes, (value as RecordedHistogram).count])).toEqual([
        [{ ...common, ...protocolVersionOf(side === 'client' ? client1! : server1!) }, 1],
      ])
    }
  })

  test('calls at the same time have the ids of their own requests on both sides', async () => {
    const client = await program.pair(sdk)
    const params = { name: 'add', arguments: { a: 1, b: 2 } }
    const progress = { onprogress: () => {} }
    const options = version.startsWith('version 1') ? [undefined, progress] : [progress]
    await Promise.all([client.callTool(params), client.callTool(params, ...options), client.callTool(params)])
    const ids = new Map(
      serverSpans().map(({ parentSpanContext, attributes }) => [parentSpanContext?.spanId, attributes['jsonrpc.request.id']]),
    )
    expect(new Set(ids.values()).size).toBe(3)
    for (const span of clientSpans()) expect(span.attributes['jsonrpc.request.id']).toBe(ids.get(span.spanContext().spanId))
  })

  test('a result with isError is a failed tool call, and the caller receives it unchanged', async () => {
    const client = await program.pair(sdk)
    const result = await inRun(() => client.callTool({ name: 'break', arguments: {} }))
    expect(result).toEqual({ content: [{ type: 'text', text: 'the secret-marker broke' }], isError: true })
    expect([...errorTypes(clientSpans()), ...errorTypes(serverSpans())]).toEqual(['tool_error', 'tool_error'])
    for (const name of ['gen_ai.execute_tool.duration', 'mcp.client.operation.duration', 'mcp.server.operation.duration'])
      expect(await telemetry.sum(name, { 'error.type': 'tool_error' })).toBe(1)
    telemetry.expectExecution('solver', { outcome: 'success', tools: ['break'] })
  })

  test('a call that is aborted or exceeds its time limit is a failed tool call, and the caller receives the error', async () => {
    const client = await program.pair(sdk)
    const wait = (options: object): Promise<unknown> => {
      const { length } = version.startsWith('version 1') ? [1, 2] : [1]
      return client.callTool({ name: 'wait', arguments: {} }, ...(length === 2 ? [undefined, options] : [options]))
    }
    await expect(wait({ timeout: 1 })).rejects.toThrow(/timed out/i)
    await expect(wait({ signal: AbortSignal.abort(new DOMException('no longer needed', 'AbortError')) })).rejects.toThrow()
    expect(errorTypes(clientSpans())).toEqual(['timeout', 'cancelled'])
    for (const type of ['timeout', 'cancelled'])
      expect(await telemetry.sum('mcp.client.operation.duration', { 'error.type': type })).toBe(1)
  })

  test('the server reads the trace from _meta, in which the entries of the application remain', async () => {
    const client = await program.pair(sdk)
    const sent: { _meta?: object }[] = []
    const { transport } = client as unknown as { transport: { send(message: { params?: object }): Promise<void> } }
    const send = transport.send.bind(transport)
    transport.send = async (message) => {
      if ((message as { method?: string }).method === 'tools/call') sent.push(message.params as object)
      return send(message)
    }
    const params = { name: 'add', arguments: { a: 1, b: 2 }, _meta: { own: 1 } }
    await client.callTool(params)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await client.callTool({ ...params, _meta: { traceparent } })
    const [span] = clientSpans()
    const { traceId, spanId } = span!.spanContext()
    expect(sent.map(({ _meta }) => _meta)).toMatchObject([{ own: 1, traceparent: `00-${traceId}-${spanId}-01` }, { traceparent }])
    expect(params).toEqual({ name: 'add', arguments: { a: 1, b: 2 }, _meta: { own: 1 } })
    expect(serverSpans()[1]?.parentSpanContext).toMatchObject({ spanId: 'b7ad6b7169203331' })
  })

  test('no argument and no result is recorded', async () => {
    const client = await program.pair(sdk)
    // So long that no time or duration contains them by chance
    await client.callTool({ name: 'add', arguments: { a: 314_159_265_358_979, b: 271_828_182_845_904 } })
    await client.callTool({ name: 'break', arguments: {} })
    const recorded = JSON.stringify([
      telemetry.spans().map(({ name, attributes, status, events }) => [name, attributes, status, events]),
      await telemetry.metrics(),
    ])
    expect(recorded).not.toMatch(/314159265358979|271828182845904|585987448204883|secret-marker/)
  })

  test('an agent that a server runs in a tool belongs to the trace of the client', async () => {
    const inner = instrumentAgent(async () => 'done', { name: 'inner', logger: false })
    const client = await program.pair(sdk, inner)
    await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
    const [root] = telemetry.spans('invoke_agent inner')
    expect(root?.parentSpanContext?.spanId).toBe(serverSpans()[0]?.spanContext().spanId)
  })

  test('a server process on stdio and its client are one trace, with --import @swarmwatch/node/register', async () => {
    using folder = openTemporaryFolder()
    await using sink = await otlpSink()
    const register = new URL('../packages/node/src/register.ts', import.meta.url).href
    const transport = new sdk['StdioClientTransport']!({
      command: process.execPath,
      args: ['--conditions=swarmwatch-source', '--import', register, programUrl.pathname, version],
      cwd: folder.path,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, METRICS_PORT: '0', MONITOR_PORT: '0', OTEL_BSP_SCHEDULE_DELAY: '10' },
    })
    const client = await program.client(sdk, transport)
    onTestFinished(() => client.close())
    const result = await inRun(() => client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }))
    expect(result).toMatchObject({ content: [{ type: 'text', text: '3' }] })
    const [clientSpan] = clientSpans()
    const serverSpan = await eventually('the span of the server', () => sink.spans().find(({ kind }) => kind === 'server'))
    expect(clientSpan?.attributes).toMatchObject({ 'network.transport': 'pipe' })
    expect(serverSpan).toMatchObject({
      name: 'tools/call add',
      kind: 'server',
      traceId: clientSpan!.spanContext().traceId,
      parentSpanId: clientSpan!.spanContext().spanId,
      attributes: { 'network.transport': 'pipe' },
    })
  })

  test('a tool that calls an MCP tool of its name is one tool call', async () => {
    const client = await program.pair(sdk)
    const add = instrumentTool(() => client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }), { name: 'calculator_add' })
    await inRun(add)
    telemetry.expectExecution('solver', { tools: ['calculator_add'] })
    expect(await telemetry.sum('mcp.client.operation.duration')).toBe(1)
  })

  test('after disable(), the SDK is as it was, also for clients and servers that remain', async () => {
    const client = await program.pair(sdk)
    const { Client } = sdk as unknown as { Client: { prototype: object } }
    const methods = (): unknown[] => [
      Object.getOwnPropertyDescriptor(Client.prototype, 'callTool')?.value,
      Object.getOwnPropertyDescriptor(Client.prototype, 'request')?.value,
      Object.getOwnPropertyNames(Client.prototype),
    ]
    const patched = methods()
    source.disable()
    const [restored] = methods()
    expect(restored).not.toBe(patched[0])
    expect(String(restored)).toMatch(/^async callTool\(params/)
    expect(methods()[1]).toBeUndefined()
    await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
    expect(telemetry.spans()).toEqual([])
    expect(
      Object.getOwnPropertySymbols(globalThis).filter(({ description }) =>
        description?.startsWith('@swarmwatch/instrumentation'),
      ),
    ).toEqual([])
    source.enable()
    await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
    expect(telemetry.spans()).toHaveLength(2)
  })

  test('instrumentMcpClient() observes a client that is not observed, and only once', async () => {
    source.disable()
    const client = await program.pair(sdk)
    expect(instrumentMcpClient(instrumentMcpClient(client))).toBe(client)
    source.enable()
    await inRun(() => instrumentMcpClient(client).callTool({ name: 'add', arguments: { a: 1, b: 2 } }))
    telemetry.expectExecution('solver', { tools: ['add'] })
    expect(telemetry.expectExecution('solver').attributes['swarmwatch.tool.calls']).toBe(1)
  })
})

// What the source depends on, apart from `callTool`, so that a release that changes it is noticed
describe.skipIf(whyNot).each([
  [
    '@modelcontextprotocol/sdk',
    ['dist/cjs/client/index.js', 'dist/cjs/server/index.js', 'dist/esm/client/index.js', 'dist/esm/server/index.js'],
  ],
  ['@modelcontextprotocol/client', ['dist/public-*.cjs', 'dist/public-*.mjs']],
  ['@modelcontextprotocol/server', ['dist/mcp-*.cjs', 'dist/mcp-*.mjs']],
] as const)('%s', (name, files) => {
  test('defines Client and Server at the start of a line of these files', () => {
    const folder = fileURLToPath(new URL(`frameworks/node_modules/${name}`, import.meta.url))
    const defining = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) =>
          /^dist.*\.[cm]?js$/.test(file) &&
          /^(?:export )?(?:class|var) (?:Client|Server) (?:= class )?extends /m.test(readFileSync(join(folder, file), 'utf8')),
      )
      .map((file) => file.replaceAll('\\', '/').replace(/-[\w-]{8}\./, '-*.'))
    expect(defining.toSorted()).toEqual(files)
  })
})

test.skipIf(whyNot)('nothing that the source mcp depends on is missing in the installed SDKs', () => {
  expect(source.hookProblem([fileURLToPath(new URL('frameworks', import.meta.url))])).toBeUndefined()
})

describe.skipIf(whyNot).each(versions)('MCP %s', (version) => {
  test('keeps the handlers of a server in a map that it reads before _onrequest() returns', async () => {
    const sdk = await program.load(version)
    const { server } = program.server(sdk) as unknown as {
      server: { _requestHandlers: Map<string, unknown>; _onrequest: unknown }
    }
    expect(server._requestHandlers).toBeInstanceOf(Map)
    expect(server._requestHandlers.has('tools/call')).toBe(true)
    expect(server._onrequest).toBeTypeOf('function')
  })
})

describe.skipIf(whyNot)('two copies of the packages in one process', () => {
  test.each(versions)('count a tool call of MCP %s once, until both are disabled', async (name) => {
    using folder = openTemporaryFolder()
    const packages = fileURLToPath(new URL('../packages/', import.meta.url))
    // Each copy of the instrumentation has its own copy of the SDK
    for (const copied of ['sdk', 'instrumentation']) {
      cpSync(join(packages, copied, 'src'), join(folder.path, copied, 'src'), { recursive: true })
      cpSync(join(packages, copied, 'package.json'), join(folder.path, copied, 'package.json'))
      for (const dependency of ['@opentelemetry', '@pydantic'].filter((each) =>
        existsSync(join(packages, copied, 'node_modules', each)),
      )) {
        mkdirSync(join(folder.path, copied, 'node_modules'), { recursive: true })
        symlinkSync(join(packages, copied, 'node_modules', dependency), join(folder.path, copied, 'node_modules', dependency))
      }
    }
    mkdirSync(join(folder.path, 'instrumentation/node_modules/@swarmwatch'))
    symlinkSync(join(folder.path, 'sdk'), join(folder.path, 'instrumentation/node_modules/@swarmwatch/sdk'))
    const indexes = [packages, folder.path].flatMap((root) =>
      ['sdk', 'instrumentation'].map((each) => pathToFileURL(join(root, each, 'src/index.ts')).href),
    )
    const testing = new URL('../packages/testing/src/index.ts', import.meta.url).href
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=swarmwatch-source',
      fileURLToPath(new URL('frameworks/mcp-copies.mjs', import.meta.url)),
      name,
      ...indexes,
      testing,
    ])
    const once = { spans: 2, ids: 2, toolCalls: 1, tools: 1, ofClient: 1, ofServer: 1 }
    const never = { spans: 0, ids: 0, toolCalls: 0, tools: 0, ofClient: 0, ofServer: 0 }
    expect(JSON.parse(stdout)).toEqual({
      areTwo: true,
      both: once,
      bothAndByHand: once,
      onlySecond: once,
      onlyFirst: once,
      none: never,
    })
  })
})

test.skipIf(whyNot).each([
  { what: 'started by --import', flags: ['--import', 'data:text/javascript,'], found: 'mcp 1.32.2, 2.4.0' },
  { what: 'of a dependency of the application', flags: [], found: 'mcp 1.32.2, 2.4.0' },
  {
    what: 'of a dependency of a dependency',
    flags: [],
    isHidden: true,
    found: 'mcp 1.32.2, 2.4.0 (those loaded before telemetry only with instrumentMcpClient())',
  },
])('the start line names the MCP SDKs $what, and which clients are not seen', async ({ flags, isHidden, found }) => {
  using folder = openTemporaryFolder()
  symlinkSync(fileURLToPath(new URL('frameworks/node_modules', import.meta.url)), join(folder.path, 'node_modules'))
  const dependencies = isHidden ? {} : { '@modelcontextprotocol/sdk': '1.32.2' }
  writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ type: 'module', dependencies }))
  const instrumentation = new URL('../packages/instrumentation/src/index.ts', import.meta.url).href
  writeFileSync(
    join(folder.path, 'main.js'),
    `import { McpInstrumentation } from '${instrumentation}'
    console.log(new McpInstrumentation().found())`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=swarmwatch-source',
    ...flags,
    join(folder.path, 'main.js'),
  ])
  expect(stdout).toBe(`${found}\n`)
})

test.skipIf(whyNot)('a call over HTTP has the session, the protocol and the server in its spans', async () => {
  const sdk = await program.load('version 1, ESM')
  const transport = new sdk['StreamableHTTPServerTransport']!({ sessionIdGenerator: () => 'session-1' }) as {
    handleRequest(request: unknown, response: unknown): Promise<void>
  }
  await program.server(sdk).connect(transport)
  const http = createServer((request, response) => void transport.handleRequest(request, response))
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void (http.closeAllConnections(), http.close()))
  const { port } = http.address() as AddressInfo
  const client = await program.client(sdk, new sdk['StreamableHTTPClientTransport']!(new URL(`http://127.0.0.1:${port}/mcp`)))
  onTestFinished(() => client.close())
  await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
  const connection = {
    'mcp.session.id': 'session-1',
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
  }
  expect(clientSpans()[0]?.attributes).toMatchObject({
    ...connection,
    'mcp.protocol.version': expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
    'server.address': '127.0.0.1',
    'server.port': port,
  })
  expect(serverSpans()[0]?.attributes).toMatchObject(connection)
  const [point] = await telemetry.points('mcp.client.operation.duration')
  expect(point?.attributes).toEqual({
    'mcp.method.name': 'tools/call',
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'add',
    'mcp.protocol.version': expect.any(String) as string,
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
    'server.address': '127.0.0.1',
    'server.port': port,
  })
  expect(serverSpans()[0]?.parentSpanContext?.spanId).toBe(clientSpans()[0]?.spanContext().spanId)
})
