import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Where a server listens. */
export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** How many ports after `port` are tried when it is taken. */
  readonly furtherPorts: number
}

/** What the option `onPortTaken` means in ports. */
export function furtherPortsFor(onPortTaken: 'warn' | 'next' = 'warn'): number {
  return onPortTaken === 'next' ? 20 : 0
}

/** Listens on `port`, or on a later one when it is taken; gives the one it has. Rejects with what the system says. */
export async function listenFrom(server: Server, { host, port, furtherPorts }: ListenOptions): Promise<number> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken || furtherPorts === 0 || port === 0 || port === 65_535) throw error
    return listenFrom(server, { host, port: port + 1, furtherPorts: furtherPorts - 1 })
  }
}

/** The address of a server that listens on `host`, as a browser on this machine can open it; ends in a slash. */
export function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/`
}
