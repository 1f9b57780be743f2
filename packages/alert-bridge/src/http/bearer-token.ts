import { isSameText, type Secret } from '@swarmwatch/config'

/** Whether an `authorization` header has one of the bearer tokens. The time of the check reveals nothing about them. */
export function hasBearerToken(tokens: readonly Secret[], header: string | undefined): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? ''
  // all are compared, so that the time does not reveal which one matched
  return tokens.map((token) => isSameText(token.reveal(), given)).includes(true)
}
