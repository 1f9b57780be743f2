const target = /^alerts\.channels\[\d+\]\.(?:webhook|bot_token|channel|url|recipients(?:\[\d+\])?)$/
const secret = /^alerts\.channels\[\d+\]\.(?:webhook|bot_token|botToken|url|password|secret|secrets(?:\[\d+\])?)$/

/** Whether a path is that of a channel's target: there, and only there, a variable may be unset. */
export function isTargetPath(path: string): boolean {
  return target.test(path)
}

/** Whether a path is that of an address, token or key of a channel, which is a secret; names as in the file and as in code. */
export function isSecretPath(path: string): boolean {
  return secret.test(path)
}
