import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'

import { ListenError } from '@swarmwatch/config/listen'

/** How many further ports are tried with the option `onPortTaken`. */
export function furtherPortsFor(onPortTaken: 'warn' | 'next' = 'warn'): number {
  return onPortTaken === 'next' ? 20 : 0
}

/**
 * One line about a server that cannot listen: the reason, what is missing because of it, and what
 * to set.
 */
export function notServedLine(error: unknown, missing: string, setting: 'METRICS' | 'MONITOR'): string {
  const reason = error instanceof ListenError ? error.message : `${setting.toLowerCase()} failed (${(error as Error).name})`
  const cure = isOneOfSeveral()
    ? `this is one of several workers, and each needs its own port: set ${setting}_PORT for each of them, or set it to 0 for any free port`
    : `set ${setting}_PORT or ${setting}_HOST`
  return `${reason}: ${missing}; ${cure}`
}

/**
 * Whether this process or thread is one of several of the same application: a worker of a cluster
 * or of PM2, or a worker thread.
 */
export function isOneOfSeveral(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  // PM2 sets it in every instance, also outside its cluster mode
  return cluster.isWorker || !isMainThread || Boolean(env['NODE_APP_INSTANCE'])
}
