import type { MiddlewareHandler } from 'hono'

const contentSecurityPolicy = (formAction: "'none'" | "'self'"): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
  ].join('; ')

/** Nothing but our own files may run, nobody may frame or keep what we answer; only the login page may send a form, to us. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  const { headers } = c.res
  headers.set('content-security-policy', contentSecurityPolicy(c.req.path === '/login' ? "'self'" : "'none'"))
  // The doctor asks who answers on the port
  headers.set('server', 'swarmwatch')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('x-frame-options', 'DENY')
  headers.set('referrer-policy', 'no-referrer')
  headers.set('cross-origin-opener-policy', 'same-origin')
  headers.set('cross-origin-resource-policy', 'same-origin')
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()')
  headers.set('cache-control', 'no-store')
}
