import { errorType } from '@swarmwatch/sdk'

/** The database of the queue cannot be used when the worker starts. The message names the cause and the cure, and never the password. */
export class QueueDatabaseError extends Error {
  override readonly name = 'QueueDatabaseError'

  constructor(databaseUrl: string, cause: unknown) {
    const { host, username, pathname } = new URL(databaseUrl)
    const code = codeOf(cause)
    const server = `the PostgreSQL server ${host} of WORKER_DATABASE_URL`
    const user = decoded(username) || 'the default user'
    const database = decoded(pathname.slice(1)) || 'the default database'
    const rule =
      {
        ECONNREFUSED: `${server} refuses connections; start it, or correct the host and port`,
        ENOTFOUND: `${server} has an unknown host name; correct it`,
        EAI_AGAIN: `the host name of ${server} cannot be resolved now; check the name and the DNS server`,
        ETIMEDOUT: `${server} does not answer; check the host, the port and the firewall`,
        EHOSTUNREACH: `${server} cannot be reached; check the host and the network`,
        '28P01': `${server} rejects the password of ${user}; correct it`,
        '28000': `${server} does not let ${user} in; check its pg_hba.conf, and add sslmode=require to the URL if it requires TLS`,
        '3D000': `${server} has no database ${database}; create it (createdb), or correct the URL`,
        '42501': `${user} may not create the schema of the queue in ${database}; grant CREATE on the database, or let its owner start once`,
        '53300': `${server} has no connection left; raise max_connections, or use fewer workers`,
        '57P03': `${server} is starting or stopping; try again`,
        'no-tls': `${server} does not support TLS; turn it on, or remove sslmode from the URL`,
        'bad-certificate': `${server} has a certificate that no known authority has signed; add sslrootcert=PATH of its authority to the URL`,
        ERR_TLS_CERT_ALTNAME_INVALID: `${server} has a certificate for another host name; use its name in the URL`,
      }[code] ?? `${server} cannot be used`
    super(`${rule} (${code in readableCodes ? errorType(cause) : code})`, { cause })
  }
}

/** Codes that are not the server's own. */
const readableCodes: Readonly<Record<string, true>> = { 'no-tls': true, 'bad-certificate': true, unknown: true }

/** The text itself if it is not percent-encoded; the driver accepts that. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function codeOf(error: unknown): string {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string }
  if (/does not support SSL/i.test(message)) return 'no-tls'
  if (/timeout/i.test(message) && code === undefined) return 'ETIMEDOUT'
  if (typeof code !== 'string') return 'unknown'
  return /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_(?:UNTRUSTED|SIGNATURE)/.test(code) ? 'bad-certificate' : code
}
