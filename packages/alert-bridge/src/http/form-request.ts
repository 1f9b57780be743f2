import type { FastifyRequest } from 'fastify'

/** A form is smaller than this. */
export const formBodyLimit: number = 16 * 1024

/** The fields of a form; of a repeated field the first. */
export function formFields({ body }: Pick<FastifyRequest, 'body'>): Readonly<Record<string, string>> {
  const text = body instanceof Uint8Array ? Buffer.from(body).toString() : ''
  const fields: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, value] of new URLSearchParams(text)) fields[name] ??= value
  return fields
}

/** Whether a browser sent the request because of another site. Browsers that are old, and programs, do not send the header. */
export function isCrossSite({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
