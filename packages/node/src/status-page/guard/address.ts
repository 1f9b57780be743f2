/** What requests are counted under: an IPv4 address, or the /64 network that one IPv6 customer has. */
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
