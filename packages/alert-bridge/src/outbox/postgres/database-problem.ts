import { StoreError } from '../store.ts'
import { openConnections } from './connections.ts'
import type { DatabaseAddress } from './database-url.ts'
import { checkSchema } from './migrate.ts'
import { codeOf, messageOf } from './store-error.ts'

/** SQLSTATE class of a refused login. */
const refusedLogin = /^28/

/**
 * Connects as a bridge does, and changes nothing in the database. Returns why a bridge could not use it; undefined if it could. Takes 3
 * seconds for each host that does not answer.
 */
export async function databaseProblem(address: DatabaseAddress): Promise<string | undefined> {
  const connections = openConnections({ address, max: 1 })
  try {
    await connections.use(checkSchema)
    return undefined
  } catch (error) {
    return `PostgreSQL at ${address.shown} ${reasonOf(error)}`
  } finally {
    await connections.close()
  }
}

function reasonOf(error: unknown): string {
  const { reason, cause } = error as StoreError
  if (reason === 'newer-schema') return `cannot be used: ${messageOf(error)}`
  if (reason === 'read-only') return 'accepts no writes (read-only); BRIDGE_DATABASE_URL must name the primary'
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
  if (causes.some((one) => refusedLogin.test(codeOf(one))))
    return `refuses the login: ${messageOf(cause)}; correct the user and the password in BRIDGE_DATABASE_URL`
  return `cannot be used: ${messageOf(cause ?? error)}; until it can be, a bridge accepts no alerts`
}
