import { createHmac } from 'node:crypto'

import { isSameText, type Secret } from '@swarmwatch/config'

/** Kinds of signed values; each is valid for its own kind only. */
type Kind = 'link' | 'form' | 'session'

/** A value of at most this length is read. */
const maxLength = 700

/** Content of a signed value. Times are milliseconds since 1970. */
export interface Signed {
  /** Purpose of the value. It is part of the signature, not of the value. */
  readonly subject: string
  /** Text that the value carries; anyone can read it. */
  readonly text: string
  /** A whole second. */
  readonly expiresAt: number
}

/** `<time>.<text>.<signature>`: everything that a value is for is signed with the first secret (HMAC-SHA-256). */
export function signValue(kind: Kind, { subject, text, expiresAt }: Signed, [secret]: readonly Secret[]): string {
  if (secret === undefined) throw new TypeError('a secret is required to sign')
  const time = Math.trunc(expiresAt / 1000).toString(36)
  const body = Buffer.from(text).toString('base64url')
  return `${time}.${body}.${signatureOf(secret, [kind, subject, time, body])}`
}

/** Result of {@link readSigned}. */
export type ReadSigned =
  | { readonly kind: 'valid'; readonly text: string; readonly expiresAt: number }
  | { readonly kind: 'expired'; readonly text: string; readonly expiresAt: number }
  | { readonly kind: 'forged' }

/** Reads a value that was signed with one of the secrets for this subject. All secrets are compared, in constant time. */
export function readSigned(
  kind: Kind,
  { value, subject, now }: { readonly value: string; readonly subject: string; readonly now: number },
  secrets: readonly Secret[],
): ReadSigned {
  const parts = value.length > maxLength ? null : /^([0-9a-z]{1,9})\.([\w-]*)\.([\w-]{43})$/.exec(value)
  const [, time = '', body = '', signature = ''] = parts ?? []
  // as text, because a signature has several spellings in base64 and only one was issued
  const isSigned = secrets.map((secret) => isSameText(signatureOf(secret, [kind, subject, time, body]), signature)).includes(true)
  if (parts === null || !isSigned) return { kind: 'forged' }
  const expiresAt = Number.parseInt(time, 36) * 1000
  const text = Buffer.from(body, 'base64url').toString()
  return { kind: now < expiresAt ? 'valid' : 'expired', text, expiresAt }
}

function signatureOf(secret: Secret, parts: readonly string[]): string {
  return createHmac('sha256', secret.reveal())
    .update(JSON.stringify(['swarmwatch', 1, ...parts]))
    .digest('base64url')
}
