// `node mcp-copies.mjs VERSION SDK INSTRUMENTATION SDK INSTRUMENTATION TESTING`: two copies of both packages, and what they count of the
// tool calls of one MCP client and server while both are enabled, only the second, only the first, and none

import { load, pair } from './mcp.mjs'

const [version, ...urls] = process.argv.slice(2)
const [{ instrumentAgent }, first, , second, { startTestTelemetry }] = await Promise.all(urls.map((url) => import(url)))

const telemetry = await startTestTelemetry()
const sources = [new first.McpInstrumentation(), new second.McpInstrumentation()]
const sdk = await load(version)
const client = await pair(sdk)

/** Returns how much telemetry a tool call in a run adds. */
async function counted() {
  const before = await counts()
  await instrumentAgent(() => client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }), { name: 'solver', logger: false })()
  const after = await counts()
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - before[name]]))
}

async function counts() {
  const runs = telemetry.spans('invoke_agent solver')
  return {
    spans: telemetry.spans('tools/call add').length,
    ids: telemetry.spans('tools/call add').filter(({ attributes }) => 'jsonrpc.request.id' in attributes).length,
    toolCalls: runs.reduce((sum, { attributes }) => sum + (attributes['swarmwatch.tool.calls'] ?? 0), 0),
    tools: await telemetry.sum('gen_ai.execute_tool.duration'),
    ofClient: await telemetry.sum('mcp.client.operation.duration'),
    ofServer: await telemetry.sum('mcp.server.operation.duration'),
  }
}

const both = await counted()
first.instrumentMcpClient(second.instrumentMcpClient(client))
const bothAndByHand = await counted()
sources[0].disable()
const onlySecond = await counted()
sources[0].enable()
sources[1].disable()
const onlyFirst = await counted()
sources[0].disable()
const none = await counted()
await telemetry.shutdown()
console.log(
  JSON.stringify({
    areTwo: first.McpInstrumentation !== second.McpInstrumentation,
    both,
    bothAndByHand,
    onlySecond,
    onlyFirst,
    none,
  }),
)
