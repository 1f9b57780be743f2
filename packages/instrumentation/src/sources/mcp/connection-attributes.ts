import type { Attributes } from '@opentelemetry/api'
import { attribute } from '@swarmwatch/sdk/names'

/** A connected client or server, as far as its attributes are read. The transports of both SDK versions have the same private fields. */
interface Connected {
  readonly transport?: {
    readonly sessionId?: unknown
    readonly protocolVersion?: unknown
    readonly _url?: unknown
  }
  readonly getNegotiatedProtocolVersion?: () => unknown
}

/** Returns the attributes of an MCP request that its connection determines: session, protocol version, transport and peer. */
export function connectionAttributes(connected: object): Attributes {
  const { transport, getNegotiatedProtocolVersion } = connected as Connected
  if (!transport) return {}
  const version = getNegotiatedProtocolVersion?.call(connected) ?? transport.protocolVersion
  return {
    ...(typeof version === 'string' && { [attribute.mcpProtocolVersion]: version }),
    ...(typeof transport.sessionId === 'string' && { [attribute.mcpSessionId]: transport.sessionId }),
    ...networkAttributes(transport),
  }
}

function networkAttributes(transport: NonNullable<Connected['transport']>): Attributes {
  // Of a client and of a server on stdio
  if ('pid' in transport || '_stdin' in transport) return { [attribute.networkTransport]: 'pipe' }
  if (transport._url instanceof URL) {
    const { protocol, hostname, port } = transport._url
    return {
      ...http,
      [attribute.serverAddress]: hostname,
      [attribute.serverPort]: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    }
  }
  return 'handleRequest' in transport || 'handlePostMessage' in transport ? http : {}
}

const http: Attributes = { [attribute.networkTransport]: 'tcp', [attribute.networkProtocolName]: 'http' }
