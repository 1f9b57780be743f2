import { addressIn, type Secret } from '@swarmwatch/config'
import type { FastifyRequest } from 'fastify'

import { personName } from '../incidents/incident-actions.ts'
import { readSigned, signValue } from '../incidents/signed-values.ts'
import { hasBearerToken } from './bearer-token.ts'

/** Access to the list of incidents. */
export interface OnCallSettings {
  /** Tokens that the on-call engineers type, or send as bearer token. */
  readonly tokens: readonly Secret[]
  /** Header with the user name, which a reverse proxy sets. */
  readonly userHeader?: string | undefined
  /** Addresses and networks of that proxy. Without the address, the header is ignored. */
  readonly trustedProxies: readonly string[]
  /** Sign sessions. */
  readonly secrets: readonly Secret[]
  /** Whether the cookie is sent over https only. */
  readonly isSecure: boolean
}

/** A person who may see the list; programs with a bearer token have no name. */
export interface OnCallUser {
  readonly name: string | undefined
}

/** Finds out who sent a request. */
export interface OnCallAccess {
  /** Undefined for someone without access. */
  readonly userOf: (request: FastifyRequest) => OnCallUser | undefined
  /** Name that a trusted proxy sent. */
  readonly proxyUser: (request: FastifyRequest) => string | undefined
  /** The value of the header `set-cookie` if the token is right. */
  readonly signIn: (token: string, name: string, now: number) => string | undefined
}

const cookieName = 'swarmwatch_oncall'
const sessionMs = 12 * 3_600_000

/** Access by bearer token, by the user name of a reverse proxy, or by a session after a sign-in. */
export function onCallAccess(
  { tokens, userHeader, trustedProxies, secrets, isSecure }: OnCallSettings,
  now: () => number,
): OnCallAccess {
  const isProxy = addressIn(trustedProxies)
  // another token ends all sessions
  const subject = JSON.stringify(tokens.map((token) => token.reveal()))

  function proxyUser({ raw, socket }: FastifyRequest): string | undefined {
    const values = userHeader === undefined ? [] : (raw.headersDistinct[userHeader.toLowerCase()] ?? [])
    // an IPv4 address as a socket for both versions shows it
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? ''
    const [value] = values
    // of two headers, one may be that of the client, which a proxy that adds its own does not remove
    if (value === undefined || values.length > 1 || !isProxy(address)) return undefined
    return personName(value)
  }

  function sessionUser({ headers }: FastifyRequest): string | undefined {
    const value = cookieOf(headers.cookie)
    const read = value === undefined ? undefined : readSigned('session', { value, subject, now: now() }, secrets)
    return read?.kind === 'valid' ? personName(read.text) : undefined
  }

  return {
    proxyUser,
    userOf: (request) => {
      const name = proxyUser(request) ?? (tokens.length > 0 ? sessionUser(request) : undefined)
      if (name !== undefined) return { name }
      return hasBearerToken(tokens, request.headers.authorization) ? { name: undefined } : undefined
    },
    signIn: (token, name, at) => {
      if (!hasBearerToken(tokens, `Bearer ${token}`)) return undefined
      const value = signValue('session', { subject, text: name, expiresAt: at + sessionMs }, secrets)
      return `${cookieName}=${value}; Max-Age=${sessionMs / 1000}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
    },
  }
}

function cookieOf(header: string | undefined): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1)
}
