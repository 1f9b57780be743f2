import { readBody, type Secret } from '@swarmwatch/config'

import { parseJson } from '../parse-json.ts'

/** A server that is asked for JSON. */
export interface JsonServer {
  /** A path can be appended to it. */
  readonly url: string
  /** Bearer token. @default none */
  readonly token?: Secret | undefined
  /** User of basic authentication, if there is no token. @default none */
  readonly user?: string | undefined
  readonly password?: Secret | undefined
  /** Sent as `X-Scope-OrgID`. @default none */
  readonly tenant?: string | undefined
}

/** An answer; `json` is undefined if the body is no JSON. */
export interface JsonReply {
  readonly status: number
  readonly json: unknown
}

const mib = 1024 * 1024

/** Gets JSON. Rejects without an answer, for a redirect, and for a body of more than `maxMib` (default 8). */
export async function readJson(
  { url, token, user, password, tenant }: JsonServer,
  path: string,
  query: URLSearchParams,
  {
    fetch,
    signal,
    maxMib = 8,
  }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal; readonly maxMib?: number },
): Promise<JsonReply> {
  const basic = user === undefined ? undefined : Buffer.from(`${user}:${password?.reveal() ?? ''}`).toString('base64')
  const authorization = token === undefined ? basic && `Basic ${basic}` : `Bearer ${token.reveal()}`
  const response = await fetch(`${url.replace(/\/+$/, '')}${path}?${query.toString()}`, {
    headers: {
      accept: 'application/json',
      ...(authorization !== undefined && { authorization }),
      ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
    },
    redirect: 'error',
    signal,
  })
  const text = await readBody(response, maxMib * mib)
  return { status: response.status, json: parseJson(text) }
}
