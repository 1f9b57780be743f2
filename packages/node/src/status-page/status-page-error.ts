import { hostAndPort } from '@swarmwatch/config'

import { portCure } from '../listen-from.ts'

/** Why the page could not listen. */
export type StatusPageErrorReason = 'port-taken' | 'port-not-allowed' | 'address-not-of-this-machine' | 'cannot-listen'

const reasons: Record<string, StatusPageErrorReason> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-not-allowed',
  EADDRNOTAVAIL: 'address-not-of-this-machine',
  ENOTFOUND: 'address-not-of-this-machine',
}

const rules: Record<StatusPageErrorReason, (port: number, host: string) => string> = {
  'port-taken': (port, host) => `MONITOR_PORT ${port} is taken on ${host}`,
  'port-not-allowed': (port) => `MONITOR_PORT ${port} may not be opened by this user`,
  'address-not-of-this-machine': (_port, host) => `MONITOR_HOST ${host} is not an address of this machine`,
  'cannot-listen': (port, host) => `cannot listen on ${hostAndPort(host, port)}`,
}

/** The status page could not listen; `message` is one line to say, `cause` what the system answered. */
export class StatusPageError extends Error {
  override readonly name = 'StatusPageError'
  readonly reason: StatusPageErrorReason

  constructor(cause: unknown, { host, port }: { host: string; port: number }) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    const reason = reasons[code] ?? 'cannot-listen'
    const detail = reason === 'cannot-listen' ? ` (${code})` : ''
    super(`${rules[reason](port, host)}${detail}: the status page is not served; ${portCure('MONITOR')}`, { cause })
    this.reason = reason
  }
}
