/** The oldest Node on which this package works. */
export const minNodeVersion = [22, 15] as const

/** Whether this version of Node is older than `minNodeVersion`. */
export function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < minNodeVersion[0] || (major === minNodeVersion[0] && minor < minNodeVersion[1])
}

/** The sentence that reports an old Node. */
export function oldNode(version: string): string {
  return `@swarmwatch/node needs Node ${minNodeVersion.join('.')} or newer, this is ${version}`
}
