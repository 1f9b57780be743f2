// Clients and servers of MCP as users write them, with both versions of the SDK, each as ES module and as CommonJS

import { createRequire } from 'node:module'

import { z } from 'zod'

const require = createRequire(import.meta.url)

const modules = {
  'version 1, ESM': async () => ({
    ...(await import('@modelcontextprotocol/sdk/client/index.js')),
    ...(await import('@modelcontextprotocol/sdk/client/stdio.js')),
    ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
    ...(await import('@modelcontextprotocol/sdk/server/mcp.js')),
    ...(await import('@modelcontextprotocol/sdk/server/stdio.js')),
    ...(await import('@modelcontextprotocol/sdk/server/streamableHttp.js')),
    ...(await import('@modelcontextprotocol/sdk/inMemory.js')),
  }),
  'version 1, CommonJS': async () => ({
    ...require('@modelcontextprotocol/sdk/client/index.js'),
    ...require('@modelcontextprotocol/sdk/client/stdio.js'),
    ...require('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    ...require('@modelcontextprotocol/sdk/server/mcp.js'),
    ...require('@modelcontextprotocol/sdk/server/stdio.js'),
    ...require('@modelcontextprotocol/sdk/server/streamableHttp.js'),
    ...require('@modelcontextprotocol/sdk/inMemory.js'),
  }),
  'version 2, ESM': async () => ({
    ...(await import('@modelcontextprotocol/client')),
    ...(await import('@modelcontextprotocol/client/stdio')),
    ...(await import('@modelcontextprotocol/server')),
    ...(await import('@modelcontextprotocol/server/stdio')),
  }),
  'version 2, CommonJS': async () => ({
    ...require('@modelcontextprotocol/client'),
    ...require('@modelcontextprotocol/client/stdio'),
    ...require('@modelcontextprotocol/server'),
    ...require('@modelcontextprotocol/server/stdio'),
  }),
}

/** Names of the ways to load an MCP SDK. */
export const versions = Object.keys(modules)

/** Loads an SDK; nothing of it is loaded before. */
export const load = (version) => modules[version]()

/** A server with the tools `add`, `break` (throws) and `wait` (until its call is aborted); `during` is called in `add`. */
export function server({ McpServer }, during = async () => {}) {
  const made = new McpServer({ name: 'calculator', version: '1.0.0' })
  const numbers = { inputSchema: z.object({ a: z.number(), b: z.number() }) }
  made.registerTool('add', numbers, async ({ a, b }) => {
    await during()
    return { content: [{ type: 'text', text: String(a + b) }] }
  })
  made.registerTool('break', { inputSchema: z.object({}) }, async () => {
    throw new Error('the secret-marker broke')
  })
  made.registerTool('wait', { inputSchema: z.object({}) }, (_, context) => {
    const { signal } = context.mcpReq ?? context
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  return made
}

/** A client that is connected over `transport`. */
export async function client({ Client }, transport, options) {
  const made = new Client({ name: 'agent', version: '1.0.0' }, options)
  await made.connect(transport)
  return made
}

/** A client and a server in one process. */
export async function pair(sdk, during) {
  const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair()
  await server(sdk, during).connect(serverSide)
  return client(sdk, clientSide)
}

// `node mcp.mjs VERSION` serves stdio
if (process.argv[1] === import.meta.filename) {
  const sdk = await load(process.argv[2])
  await server(sdk).connect(new sdk.StdioServerTransport())
}
