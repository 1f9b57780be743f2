import { hash, timingSafeEqual } from 'node:crypto'

import type { Secret } from '@swarmwatch/config'

/** Whether an `authorization` header carries the token. Takes the same time whatever it carries; without a token everybody may. */
export function bearerCheck(token: Secret | undefined): (header: string | undefined) => boolean {
  if (token === undefined) return () => true
  const expected = digest(token.reveal())
  return (header) => timingSafeEqual(digest(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? ''), expected)
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
