import type { Attributes } from '@opentelemetry/api'

import { boundedErrorName, BoundedNames } from '../bounded-names.ts'
import { attribute, otherError, otherName } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { instruments, record } from '../telemetry/instruments.ts'
import { toolLabel } from './begin-tool-call.ts'

/** A tool call over MCP, as one of its two sides saw it. */
export interface McpOperation {
  readonly side: 'client' | 'server'
  readonly tool: string
  readonly seconds: number
  /** Attributes of the connection; those that the metric has become labels. */
  readonly connection: Attributes
  /** Only of a call that failed. @default none */
  readonly errorType?: string | undefined
  /** `rpc.response.status_code`, of an answer that is a JSON-RPC error. @default none */
  readonly statusCode?: string | undefined
}

/**
 * Records `mcp.client.operation.duration` or `mcp.server.operation.duration`. Its labels are bounded in a process: 100 tools of each
 * side, 50 servers, 20 codes. It never throws.
 */
export function recordMcpOperation({ side, tool, seconds, connection, errorType, statusCode }: McpOperation): void {
  const { mcpClientOperationDuration, mcpServerOperationDuration } = instruments()
  const isClient = side === 'client'
  record(isClient ? mcpClientOperationDuration : mcpServerOperationDuration, seconds, {
    [attribute.mcpMethod]: 'tools/call',
    [attribute.operation]: 'execute_tool',
    [attribute.toolName]: isClient ? toolLabel(tool) : names.toolsOfServers.bound(tool.slice(0, 100)),
    ...(errorType !== undefined && { [attribute.errorType]: boundedErrorName(errorType) }),
    ...(statusCode !== undefined && { [attribute.rpcStatusCode]: names.statusCodes.bound(statusCode) }),
    ...bounded(attribute.mcpProtocolVersion, connection, names.versions),
    ...bounded(attribute.networkTransport, connection, names.networks),
    ...bounded(attribute.networkProtocolName, connection, names.networks),
    ...(isClient && serverOf(connection)),
  })
}

const names = processWide('mcp-names/1', () => ({
  // Not those of the clients, because a client of a server can send any name
  toolsOfServers: new BoundedNames(100),
  statusCodes: new BoundedNames(20, otherError),
  versions: new BoundedNames(20),
  networks: new BoundedNames(10),
  servers: new BoundedNames(50),
}))

function bounded(key: string, { [key]: value }: Attributes, known: BoundedNames): Attributes {
  return typeof value === 'string' ? { [key]: known.bound(value.slice(0, 100)) } : {}
}

/** The address with its port, which count as one name, because a server may have another port after each start. */
function serverOf({ [attribute.serverAddress]: address, [attribute.serverPort]: port }: Attributes): Attributes {
  if (typeof address !== 'string') return {}
  const short = address.slice(0, 100)
  if (names.servers.bound(`${short}:${String(port)}`) === otherName) return { [attribute.serverAddress]: otherName }
  return { [attribute.serverAddress]: short, ...(port !== undefined && { [attribute.serverPort]: port }) }
}
