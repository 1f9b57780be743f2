import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

import type { OtlpTarget } from './otlp-settings.ts'

/** The exporters' connections: they do not keep the process alive, and they can be cut at any moment. */
export interface Connections {
  /** For the exporter's `httpAgentOptions`. */
  readonly agentFor: (protocol: string) => HttpAgent
  /** Ends every request under way with an error that is not retried, and lets no new one begin. */
  cut(): void
}

/** Opens connections with the target's certificates. */
export function openConnections(certificates: OtlpTarget['certificates']): Connections {
  const agents: HttpAgent[] = []
  let isCut = false

  const agentFor = (protocol: string): HttpAgent => {
    const agent =
      protocol === 'https:' ? new HttpsAgent({ keepAlive: true, ...certificates }) : new HttpAgent({ keepAlive: true })
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      if (isCut) throw cutError()
      return unref(connect(options, callback))
    }
    const reuse = agent.reuseSocket.bind(agent)
    agent.reuseSocket = (socket, request) => {
      reuse(socket, request)
      // it calls ref(): a request to a collector that never answers would hold the process
      unref(socket)
    }
    agents.push(agent)
    return agent
  }

  return {
    agentFor,
    cut() {
      isCut = true
      for (const agent of agents) {
        for (const socket of Object.values(agent.sockets).flatMap((sockets) => sockets ?? [])) socket.destroy(cutError())
        agent.destroy()
      }
    },
  }
}

/** Without a `code`, so that OpenTelemetry's transport takes it as final. */
const cutError = (): Error => new Error('cut off: telemetry is shutting down')

function unref(socket: Duplex | null | undefined): Duplex | null | undefined {
  if (socket && 'unref' in socket && typeof socket.unref === 'function') socket.unref()
  return socket
}
