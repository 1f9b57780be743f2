// Prints what in this process telemetry can change: globals, channels, listeners, and methods of the frameworks. MODE: `plain` without
// telemetry; `early` and `late` with telemetry that is started before or after the frameworks are loaded, and shut down after a run

import diagnosticsChannel from 'node:diagnostics_channel'

import { instrumentAgent } from '@swarmwatch/sdk'

const { MODE } = process.env
const start = async () =>
  (await import('@swarmwatch/node')).startTelemetry({ handleSignals: true, metrics: { port: false }, monitor: { port: false } })

let telemetry
if (MODE === 'early') telemetry = await start()
const { frameworks } = await import('./frameworks.mjs')
const mcp = await import('./mcp.mjs')
const sdks = [await mcp.load('version 1, ESM'), await mcp.load('version 2, ESM')]
const client = await mcp.pair(sdks[0])
if (MODE === 'late') telemetry = await start()

const provider = { url: process.env.PROVIDER_URL, openaiUrl: `${process.env.PROVIDER_URL}/v1` }
for (const name of ['ai', 'openai agents', 'langgraph'])
  await instrumentAgent(() => frameworks[name].plain(provider), { name, logger: false, recovery: { maxRetries: 0 } })()
await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
await telemetry?.shutdown()

// Loaded after shutdown
sdks.push(await mcp.load('version 1, CommonJS'), await mcp.load('version 2, CommonJS'))

const kindOf = (object, key) => {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  return `${String(key)} ${descriptor.get ? 'accessor' : typeof descriptor.value}`
}
// State that agents and requests in progress use, an empty slot, and the container of OpenTelemetry, whose contents are listed
const notListed = /@swarmwatch\/sdk\/|@swarmwatch\/instrumentation\/wire-requests|^Symbol\(opentelemetry\.js\.api| undefined$/
const methodsOf = ({ prototype }) =>
  Object.getOwnPropertyNames(prototype).map(
    (key) => `${kindOf(prototype, key)} ${String(Object.getOwnPropertyDescriptor(prototype, key).value).slice(0, 60)}`,
  )
const channels = ['create', 'bodyChunkSent', 'bodySent', 'headers', 'bodyChunkReceived', 'trailers', 'error'].map(
  (name) => `undici:request:${name}`,
)
const agentsProvider = globalThis[Symbol.for('openai.agents.core.traceProvider')]
const storage = globalThis[Symbol.for('ls:tracing_async_local_storage')]
const text = JSON.stringify({
  globals: Reflect.ownKeys(globalThis)
    .map((key) => kindOf(globalThis, key))
    .filter((key) => !notListed.test(key))
    .toSorted(),
  openTelemetry: Object.keys(globalThis[Symbol.for('opentelemetry.js.api.1')] ?? {}).filter((key) => key !== 'version'),
  channels: channels.filter((name) => diagnosticsChannel.channel(name).hasSubscribers),
  listeners: process
    .eventNames()
    .map((name) => `${String(name)} ${process.listenerCount(name)}`)
    .toSorted(),
  integrations: globalThis.AI_SDK_TELEMETRY_INTEGRATIONS?.length,
  agentsProvider: Reflect.ownKeys(agentsProvider).map((key) => kindOf(agentsProvider, key)),
  storage: storage && Reflect.ownKeys(storage).map((key) => kindOf(storage, key)),
  mcp: sdks.flatMap(({ Client, Server, McpServer }) => [Client, Server ?? McpServer].flatMap(methodsOf)),
})
// A pipe takes a long text in pieces
process.stdout.write(`${text}\n`, () => process.exit())
