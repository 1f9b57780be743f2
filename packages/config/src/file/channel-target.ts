const target = /^alerts\.channels\[\d+\]\.(?:webhook|url|recipients(?:\[\d+\])?)$/

/** Whether a path is that of a channel's target: there, and only there, a variable may be unset. */
export function isTargetPath(path: string): boolean {
  return target.test(path)
}

/** Whether a path is that of a channel's address, which is a secret. */
export function isSecretPath(path: string): boolean {
  return target.test(path) && !path.includes('.recipients')
}
