import { readFileSync } from 'node:fs'

import { shownValue } from '@swarmwatch/config'

/** Where the alert bridge is, and what it wants to be shown. */
export interface BridgeAddress {
  readonly url: URL
  readonly token: string
}

/** From BRIDGE_URL and BRIDGE_TOKEN or BRIDGE_TOKEN_FILE. Throws an Error in words for the caller, without the token. */
export function bridgeAddress(env: Readonly<Record<string, string | undefined>>): BridgeAddress {
  const url = URL.parse(env['BRIDGE_URL'] || 'http://127.0.0.1:8090')
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Error(
      `BRIDGE_URL must be an http or https URL without user name and password, got ${shownValue(env['BRIDGE_URL'])}`,
    )
  }
  const token = readToken(env)
  if (token === '') throw new Error('BRIDGE_TOKEN is not set; set it, or BRIDGE_TOKEN_FILE, to the token of the bridge')
  if (/[^\x21-\x7e]/.test(token)) throw new Error('BRIDGE_TOKEN must be printable ASCII without blanks, on one line')
  return { url, token }
}

function readToken({ BRIDGE_TOKEN: token, BRIDGE_TOKEN_FILE: file }: Readonly<Record<string, string | undefined>>): string {
  if (token && file) throw new Error('BRIDGE_TOKEN and BRIDGE_TOKEN_FILE are both set; only one of them must be')
  if (!file) return token ?? ''
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (error) {
    throw new Error(`BRIDGE_TOKEN_FILE must name a file that can be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
}
