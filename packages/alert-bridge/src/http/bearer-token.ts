import { timingSafeEqual } from 'node:crypto'

import type { Secret } from '@swarmwatch/config'

/** Whether an `authorization` header has one of the bearer tokens. The time of the check reveals at most their lengths. */
export function hasBearerToken(tokens: readonly Secret[], header: string | undefined): boolean {
  const given = Buffer.from(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '')
  // all are compared, so that the time does not reveal which one matched
  return tokens
    .map((token) => Buffer.from(token.reveal()))
    .map((one) => one.length === given.length && timingSafeEqual(one, given))
    .includes(true)
}
