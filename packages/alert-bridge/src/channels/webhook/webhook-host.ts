import type { LookupFunction } from 'node:net'

import { type WebhookChannel, withoutBrackets } from '@swarmwatch/config'

import { guardedLookup, isPublicAddress, PrivateAddressError } from './private-address.ts'

/** The host that a webhook is sent to. */
export interface WebhookHost {
  readonly url: URL
  /** In lower case, without brackets. */
  readonly host: string
  /** Whether the settings allow that it has a private address. */
  readonly mayBePrivate: boolean
  /** Whether it is a private address that is not allowed; the address of a name is known only after the look-up. */
  readonly isRefused: boolean
}

/** Returns the host of a channel. */
export function webhookHost({ url: address, allowedPrivateHosts = [] }: WebhookChannel): WebhookHost {
  const url = new URL(address.reveal())
  const host = withoutBrackets(url.hostname).toLowerCase()
  const mayBePrivate = allowedPrivateHosts.some((allowed) => withoutBrackets(allowed).toLowerCase() === host)
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':')
  return { url, host, mayBePrivate, isRefused: isAddress && !mayBePrivate && !isPublicAddress(host) }
}

/** Options for {@link webhookHostProblem}. */
export interface HostCheck {
  readonly lookup: LookupFunction
  /** Whether a proxy is used, which then looks up names itself. */
  readonly hasProxy: (url: URL) => boolean
  /** Maximum time of the look-up, in milliseconds. @default 3_000 */
  readonly timeoutMs?: number
}

/** Why a channel would refuse to send to its host; undefined if it would not, or if the name cannot be looked up. */
export async function webhookHostProblem(
  channel: WebhookChannel,
  { lookup, hasProxy, timeoutMs = 3_000 }: HostCheck,
): Promise<string | undefined> {
  const { url, host, mayBePrivate, isRefused } = webhookHost(channel)
  if (isRefused) return new PrivateAddressError().message
  if (mayBePrivate || hasProxy(url)) return undefined
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs, undefined)
    guardedLookup(lookup)(host, { all: true }, (error) => {
      clearTimeout(timer)
      resolve(error instanceof PrivateAddressError ? error.message : undefined)
    })
  })
}
