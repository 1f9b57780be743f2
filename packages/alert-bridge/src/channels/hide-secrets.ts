import type { Secret } from '@swarmwatch/config'

/** Removes secrets from a reason, so that it may be stored and printed. */
export type HideSecrets = (text: string) => string

const max = 300
/** Short parts are words such as `services`, not secrets. */
const shortestPart = 8

/**
 * Makes a reason one ASCII line of at most 300 characters without these secrets: a server may well quote what it was sent. They
 * are found as they are, in base64 and percent-encoded; of an address also the longer parts of its path and query.
 */
export function hideSecrets(secrets: readonly (Secret | undefined)[]): HideSecrets {
  const hidden = secrets
    .filter((secret) => secret !== undefined)
    .map((secret) => secret.reveal())
    .filter((value) => value !== '')
    .flatMap(formsOf)
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    const clean = hidden.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    // eslint-disable-next-line no-control-regex
    const line = clean
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/[^\x20-\x7E]/g, '?')
      .trim()
    return line.length > max ? `${line.slice(0, max - 3)}...` : line
  }
}

function formsOf(value: string): string[] {
  return [value, ...partsOf(value)].flatMap((text) => [
    text,
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
    encodeURIComponent(text),
  ])
}

function partsOf(value: string): string[] {
  if (!/^https?:/i.test(value) || !URL.canParse(value)) return []
  const { href, pathname, search, searchParams, username, password } = new URL(value)
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password].filter(
    (part) => part.length >= shortestPart,
  )
  return [href, ...[`${pathname}${search}`, pathname].filter((part) => part.length >= shortestPart), ...parts]
}
