import { BlockList, isIP, isIPv6 } from 'node:net'

import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

import { countedAddress } from './address.ts'

/** What a proxy says of a request: `Forwarded` (RFC 7239), or the X- headers that came before it. */
interface ForwardedBy {
  /** Addresses, the client's first. */
  readonly addresses: readonly string[]
  /** `https` when the client spoke HTTPS with the outermost proxy. */
  readonly protocol: string | undefined
}

/**
 * Whether the browser speaks HTTPS, with us or with the outermost proxy. Anybody may claim it; that only changes whether the one who
 * claims it gets a cookie that is sent by HTTPS alone.
 */
export function isHttps(c: Context): boolean {
  return (forwardedBy(c).protocol ?? new URL(c.req.url).protocol.slice(0, -1)) === 'https'
}

/**
 * Says under which client a request is counted. Headers are believed only from trusted proxies, and read from the last one backwards up
 * to the first address that is not a trusted proxy: what stands before it, the client may have written itself.
 */
export function clientOf(trustedProxies: readonly string[]): (c: Context<{ Bindings: Partial<HttpBindings> }>) => string {
  const trusted = new BlockList()
  for (const network of trustedProxies) {
    const [address = '', length] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (length === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(length), family)
  }
  const isTrusted = (address: string): boolean => isIP(address) !== 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
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

/** An address without brackets and port, IPv4 as such also when it came through an IPv6 socket. */
function plainAddress(text: string): string {
  const [, inBrackets, beforePort] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? []
  return (inBrackets ?? beforePort ?? text).replace(/^::ffff:(?=\d+\.)/i, '')
}
