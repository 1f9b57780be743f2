import { isIP } from 'node:net'

import type { HttpBindings } from '@hono/node-server'
import { addressIn, isLoopback } from '@swarmwatch/config'
import type { Context, MiddlewareHandler } from 'hono'

/**
 * Refuses requests that another web page sends through the browser of a reader. Without a token on
 * a loopback address it also requires a loopback name, because otherwise a page whose name is
 * resolved to 127.0.0.1 could read everything.
 */
export function ownPageOnly({ host, hasToken }: { host: string; hasToken: boolean }): MiddlewareHandler {
  const requiresLoopbackName = isLoopback(host) && !hasToken
  return async (c, next) => {
    // Programs do not send these headers, every browser does
    const site = c.req.header('sec-fetch-site') ?? 'none'
    const isFromElsewhere = site !== 'same-origin' && site !== 'none' && c.req.header('sec-fetch-mode') !== 'navigate'
    if (isFromElsewhere) return c.text('Requests from other sites are not allowed\n', 403)
    if (requiresLoopbackName && !isLoopback(nameIn(c.req.url))) {
      return c.text('Open it as http://127.0.0.1 or http://localhost; for other names set MONITOR_TOKEN\n', 421)
    }
    await next()
  }
}

const nameIn = (url: string): string => new URL(url).hostname

const contentSecurityPolicy = (formAction: "'none'" | "'self'"): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
  ].join('; ')

/**
 * Only our own files may run, no page may frame the answers, no cache may keep them; only the login
 * page may send a form, to us.
 */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  const { headers } = c.res
  headers.set('content-security-policy', contentSecurityPolicy(c.req.path === '/login' ? "'self'" : "'none'"))
  // The doctor reads it to recognize us on a taken port
  headers.set('server', 'swarmwatch')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('x-frame-options', 'DENY')
  headers.set('referrer-policy', 'no-referrer')
  headers.set('cross-origin-opener-policy', 'same-origin')
  headers.set('cross-origin-resource-policy', 'same-origin')
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()')
  headers.set('cache-control', 'no-store')
}

/** The requests that an address may send at once, and each second after that. */
export interface BudgetOptions {
  /** @default 60 */
  readonly burst?: number
  /** @default 5 */
  readonly perSecond?: number
  /**
   * Number of addresses that are kept; the address without requests for the longest time is removed
   * first.
   * @default 1000
   */
  readonly maxAddresses?: number
  /** Milliseconds on a clock that never goes back. @default performance.now */
  readonly now?: () => number
}

/** Limits the requests of each address, in bounded memory. */
export class RequestBudget {
  readonly #left = new Map<string, { credit: number; atMs: number }>()
  readonly #burst: number
  readonly #perSecond: number
  readonly #maxAddresses: number
  readonly #now: () => number

  constructor({ burst = 60, perSecond = 5, maxAddresses = 1000, now = () => performance.now() }: BudgetOptions = {}) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#maxAddresses = maxAddresses
    this.#now = now
  }

  /**
   * Takes `cost` requests from the budget of the address. Returns 0 when it may continue, otherwise
   * the seconds until then.
   */
  spend(address: string, cost = 1): number {
    const atMs = this.#now()
    const before = this.#left.get(address)
    const refilled = before ? before.credit + ((atMs - before.atMs) / 1000) * this.#perSecond : this.#burst
    const credit = Math.min(this.#burst, refilled)
    const isAllowed = credit >= 1
    this.#left.delete(address)
    this.#left.set(address, { credit: isAllowed ? credit - cost : credit, atMs })
    this.#removeQuietest()
    return isAllowed ? 0 : Math.ceil((1 - credit) / this.#perSecond)
  }

  /** Number of addresses that are kept now. */
  get size(): number {
    return this.#left.size
  }

  #removeQuietest(): void {
    if (this.#left.size <= this.#maxAddresses) return
    for (const address of this.#left.keys()) {
      this.#left.delete(address)
      return
    }
  }
}

/** Headers of a proxy about a request: `Forwarded` (RFC 7239), or the older X- headers. */
interface ForwardedBy {
  /** Addresses, the client's first. */
  readonly addresses: readonly string[]
  /** `https` when the client spoke HTTPS with the outermost proxy. */
  readonly protocol: string | undefined
}

/**
 * Whether the browser uses HTTPS, to us or to the outermost proxy. Any client may claim it; the
 * claim only decides whether that client gets a cookie that is sent by HTTPS alone.
 */
export function isHttps(c: Context): boolean {
  return (forwardedBy(c).protocol ?? new URL(c.req.url).protocol.slice(0, -1)) === 'https'
}

/**
 * Returns the client under which a request is counted. Headers are trusted only from trusted
 * proxies, and read from the last address backwards to the first one that is not a trusted proxy:
 * the client may have written the addresses before it.
 */
export function clientOf(trustedProxies: readonly string[]): (c: Context<{ Bindings: Partial<HttpBindings> }>) => string {
  const isTrusted = addressIn(trustedProxies)
  return (c) => {
    const remote = c.env?.incoming?.socket.remoteAddress
    const path = remote === undefined ? [] : [...forwardedBy(c).addresses, plainAddress(remote)]
    let client = path.pop()
    while (client !== undefined && isTrusted(client) && isIP(path.at(-1) ?? '') !== 0) client = path.pop()
    return countedAddress(client)
  }
}

function forwardedBy({ req }: Context): ForwardedBy {
  const standard = listOf(req.header('forwarded')).map(forwardedElement)
  if (standard.length > 0) {
    return {
      addresses: standard.map((element) => plainAddress(element['for'] ?? '')),
      protocol: standard[0]?.['proto']?.toLowerCase(),
    }
  }
  const [protocol] = listOf(req.header('x-forwarded-proto') ?? req.header('x-forwarded-scheme'))
  const isSecure = [req.header('x-forwarded-ssl'), req.header('front-end-https')].some((word) => word?.toLowerCase() === 'on')
  return {
    addresses: listOf(req.header('x-forwarded-for')).map(plainAddress),
    protocol: protocol?.toLowerCase() ?? (isSecure ? 'https' : undefined),
  }
}

const listOf = (header: string | undefined): string[] => (header ?? '').split(',').flatMap((part) => part.trim() || [])

/** `for="[2001:db8::1]:4711";proto=https`, by parameter. */
function forwardedElement(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(';').map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2)
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')]
    }),
  )
}

/** An address without brackets and port; IPv4 through an IPv6 socket as IPv4. */
function plainAddress(text: string): string {
  const [, inBrackets, beforePort] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? []
  return (inBrackets ?? beforePort ?? text).replace(/^::ffff:(?=\d+\.)/i, '')
}

/**
 * The address under which requests are counted: IPv4, or the /64 network that one IPv6 customer
 * has.
 */
export function countedAddress(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return 'unknown'
  // IPv4 seen through an IPv6 socket
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%', 1)[0]!.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined ? front : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
  return `${groups.slice(0, 4).join(':')}::/64`
}
