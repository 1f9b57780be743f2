import { timingSafeEqual } from 'node:crypto'

import type { Secret } from '@swarmwatch/config'

/** Whether a request may: it must carry one of the bearer tokens. The time it takes tells at most how long they are. */
export function authorization(tokens: readonly Secret[]): (header: string | undefined) => boolean {
  const known = tokens.map((token) => Buffer.from(token.reveal()))
  return (header) => {
    const given = Buffer.from(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '')
    // all are compared, so that time does not tell which one it was
    return known.map((one) => one.length === given.length && timingSafeEqual(one, given)).includes(true)
  }
}
