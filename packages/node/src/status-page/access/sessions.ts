import { createHmac, randomBytes } from 'node:crypto'

import { tokenCheck } from './token-check.ts'

const sessionSeconds = 12 * 3600

/**
 * Sessions of browsers that have shown the token. A session is its end and a signature under a key of this process: it holds nothing of
 * the token, needs no memory, and ends with the process.
 */
export class Sessions {
  static readonly seconds: number = sessionSeconds
  readonly #key: Buffer = randomBytes(32)

  begin(nowMs: number): string {
    return this.#signed(String(Math.floor(nowMs / 1000) + sessionSeconds))
  }

  isValid(session: string, nowMs: number): boolean {
    const [end = ''] = session.split('.', 1)
    // A time in seconds
    return /^\d{1,12}$/.test(end) && tokenCheck(this.#signed(end))(session) && Number(end) * 1000 > nowMs
  }

  #signed(end: string): string {
    return `${end}.${createHmac('sha256', this.#key).update(end).digest('base64url')}`
  }
}
