import cluster from 'node:cluster'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread } from 'node:worker_threads'

import { hostAndPort } from '@swarmwatch/config'

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

/**
 * Listens on `port`, or on a later one when it is taken, and returns the port it has. Rejects with the system's error. Workers of a
 * cluster do not share the port: with a shared one, each request would reach the registry of another worker.
 */
export async function listenFrom(server: Server, { host, port, furtherPorts }: ListenOptions): Promise<number> {
  try {
    server.listen({ port, host, exclusive: true })
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
  return `http://${hostAndPort(name, port)}/`
}

/** Whether this process or thread runs beside others of the same application: a worker of a cluster or of PM2, or a worker thread. */
export function isOneOfSeveral(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  // PM2 sets it in every instance, also outside its cluster mode
  return cluster.isWorker || !isMainThread || Boolean(env['NODE_APP_INSTANCE'])
}

/** What to do when the port of `variable` cannot be opened. */
export function portCure(variable: 'METRICS' | 'MONITOR'): string {
  return isOneOfSeveral()
    ? `this is one of several workers and each needs a port of its own: set ${variable}_PORT for each, or to 0 for any free one`
    : `set ${variable}_PORT or ${variable}_HOST`
}
