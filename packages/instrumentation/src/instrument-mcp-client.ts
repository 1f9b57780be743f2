import { announceInnerToolCalls } from '@swarmwatch/sdk/instrumentation'

import { type CallTool, isObserved, observedCallTool, observedRequest, type SendRequest } from './sources/mcp/client-calls.ts'

/**
 * Reports the tool calls of one MCP client, as the source `mcp` does for every client whose module it sees being loaded. Needed in a
 * bundle and for clients that were loaded earlier; has no effect on a client that is observed already. Returns the client.
 *
 * @example
 * const client = instrumentMcpClient(new Client({ name: 'solver', version: '1.0.0' }))
 */
export function instrumentMcpClient<Client extends { callTool: (...args: never[]) => Promise<unknown> }>(client: Client): Client {
  const { callTool, request } = client as unknown as { callTool: CallTool; request?: SendRequest }
  if (isObserved(callTool)) return client
  announceOnce()
  define(
    client,
    'callTool',
    observedCallTool(callTool, () => true),
  )
  if (typeof request === 'function') define(client, 'request', observedRequest(request))
  return client
}

function define(client: object, key: string, value: unknown): void {
  Object.defineProperty(client, key, { value, writable: true, configurable: true, enumerable: false })
}

let isAnnounced = false

function announceOnce(): void {
  if (!isAnnounced) announceInnerToolCalls()
  isAnnounced = true
}
