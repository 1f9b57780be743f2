import { BlockList, isIP, isIPv6 } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** A host and a port in one address: `mail.example.com:587`, and `[::1]:587` with brackets around an IPv6 address. */
export function hostAndPort(host: string, port: number | string): string {
  const bare = withoutBrackets(host)
  return `${bare.includes(':') ? `[${bare}]` : bare}:${port}`
}

/** A host without the brackets that an IPv6 address has in a URL. */
export function withoutBrackets(host: string): string {
  const [, inner] = /^\[(.*)\]$/.exec(host) ?? []
  return inner ?? host
}

/** Whether only this machine can reach what listens on `host`: 127.0.0.0/8, ::1 in any spelling, localhost and names below it. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host).toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const version = isIP(name)
  return version !== 0 && loopback.check(name.replace(/%.*/, ''), version === 6 ? 'ipv6' : 'ipv4')
}

/** Returns whether an IP address is one of these addresses, or in one of these networks (`10.0.0.0/8`). Other texts never are. */
export function addressIn(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    if (length === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(length), familyOf(address))
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

/** Whether a text is a host name or an IP address, without a port. */
export function isHost(text: string): boolean {
  const bare = withoutBrackets(text)
  if (bare.includes(':')) return isIPv6(bare)
  return bare === text && /^[\w.-]+$/.test(text)
}
