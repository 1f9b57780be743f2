/** A database that may have several hosts, of which one is the primary. */
export interface DatabaseAddress {
  /** One URL for each host, in the order in which they are tried. */
  readonly urls: readonly string[]
  /** Hosts, ports and the name of the database, without user and password. */
  readonly shown: string
}

const form = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#@]*)([/?].*)?$/

/**
 * Reads a `postgres:` URL, also one with several hosts as libpq accepts it: `postgres://user:password@one:5432,two:5432/bridge`. The
 * bridge always uses a server that accepts writes, so that `target_session_attrs` may only be `read-write`, `primary` or `any`.
 * Returns undefined if it is no such URL, also when a `/` in the password is not percent-encoded, because what follows would be shown as
 * the name of the database.
 */
export function readDatabaseUrl(text: string): DatabaseAddress | undefined {
  const [, scheme = '', credentials = '', hosts = '', rest = ''] = form.exec(text) ?? []
  if (scheme === '' || /^[^?]*@/.test(rest)) return undefined
  const urls = hosts.split(',').map((host) => URL.parse(scheme + credentials + host + rest))
  const parsed = urls.flatMap((url) => url ?? [])
  if (parsed.length < urls.length) return undefined
  const wanted = parsed[0]?.searchParams.get('target_session_attrs') ?? 'read-write'
  if (!['read-write', 'primary', 'any'].includes(wanted)) return undefined
  for (const url of parsed) url.searchParams.delete('target_session_attrs')
  const name = parsed[0]?.pathname.slice(1) ?? ''
  const shown = parsed.map(({ host, searchParams }) => host || searchParams.get('host') || 'localhost').join(',')
  return { urls: parsed.map(({ href }) => href), shown: name === '' ? shown : `${shown}/${name}` }
}
