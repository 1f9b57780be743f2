import type { LookupAddress, LookupAllOptions } from 'node:dns'
import { BlockList, isIPv4, isIPv6, type LookupFunction } from 'node:net'

/** A host name has private addresses only. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'

  constructor() {
    super(
      'the host has a private address; if this is intended, list the channel in the settings file, with the host in allowed_private_hosts',
    )
  }
}

/**
 * A look-up that returns public addresses only. The connection is made to exactly the address that was checked, so a name that
 * resolves differently the next time gains nothing.
 */
export function guardedLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupAllOptions = { ...options, all: true } as LookupAllOptions
    lookup(hostname, all, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      const addresses = (Array.isArray(found) ? found : [{ address: found, family: 4 }]) as LookupAddress[]
      const open = addresses.filter(({ address }) => isPublicAddress(address))
      const [first] = open
      if (first === undefined) return callback(new PrivateAddressError(), '', 0)
      return options.all === true ? callback(null, open) : callback(null, first.address, first.family)
    })
  }
}

/** Networks that IANA lists as not globally reachable; 169.254.169.254 returns the credentials of a cloud machine. */
const notPublic = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  notPublic.addSubnet(net, prefix, 'ipv6')
}
/** Outside of this everything in IPv6 is private, local, multicast or an IPv4 address in disguise. */
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** Whether an address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic.check(address, 'ipv4')
  // without the zone of a link
  const plain = address.replace(/%.*/, '')
  return isIPv6(plain) && globalUnicast.check(plain, 'ipv6') && !notPublic.check(plain, 'ipv6')
}
