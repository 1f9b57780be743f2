import { hash, timingSafeEqual } from 'node:crypto'

import type { Secret } from '@swarmwatch/config'

/** Whether a request may: it must carry one of the bearer tokens. Takes the same time whatever it carries. */
export function authorization(tokens: readonly Secret[]): (header: string | undefined) => boolean {
  const digests = tokens.map((token) => digest(token.reveal()))
  return (header) => {
    const given = digest(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '')
    // all are compared, so that time does not tell which one it was
    return digests.map((one) => timingSafeEqual(one, given)).includes(true)
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
