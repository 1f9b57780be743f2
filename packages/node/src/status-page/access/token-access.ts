import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'

import { loginPage } from './login-page.ts'
import { Sessions } from './sessions.ts'
import { tokenCheck } from './token-check.ts'

/** Which token is asked for, and who hears of wrong ones. */
export interface TokenAccessOptions {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A wrong token was shown. */
  readonly onWrongToken: (c: Context) => void
}

/** The three handlers that together let in who has the token: as a bearer header, or typed into a form once. */
export interface TokenAccess {
  readonly login: MiddlewareHandler
  readonly form: readonly [MiddlewareHandler, MiddlewareHandler]
  readonly required: MiddlewareHandler
}

/** Makes the handlers for one token. */
export function tokenAccess({ token, now, onWrongToken }: TokenAccessOptions): TokenAccess {
  const isToken = tokenCheck(token)
  const sessions = new Sessions()

  const isLetIn = (c: Context): boolean => {
    const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (bearer !== undefined && isToken(bearer)) return true
    if (bearer !== undefined) onWrongToken(c)
    const session = getCookie(c, cookieName(c))
    return session !== undefined && sessions.isValid(session, now())
  }

  return {
    login: async (c) => c.html(loginPage({ isWrong: false })),
    form: [
      bodyLimit({ maxSize: 4096, onError: (c) => c.text('Too long for a token\n', 413) }),
      async (c) => {
        const shown = new URLSearchParams(await c.req.text()).get('token') ?? ''
        if (!isToken(shown)) {
          onWrongToken(c)
          return c.html(loginPage({ isWrong: true }), 401)
        }
        setCookie(c, cookieName(c), sessions.begin(now()), {
          httpOnly: true,
          sameSite: 'Strict',
          path: '/',
          maxAge: Sessions.seconds,
          // We speak plain HTTP; a proxy in front of us may not
          secure: c.req.header('x-forwarded-proto') === 'https',
        })
        return c.redirect('./', 303)
      },
    ],
    required: async (c, next) => {
      if (isLetIn(c)) return next()
      // A browser is shown the form; it says so by what it accepts
      if (c.req.path === '/' && c.req.header('accept')?.includes('text/html')) return c.redirect('login', 303)
      c.header('www-authenticate', 'Bearer realm="swarmwatch"')
      return c.text('The token of this monitor is needed: Authorization: Bearer, or sign in at /login\n', 401)
    },
  }
}

/** Cookies know no ports: monitors side by side on one machine would overwrite each other's. */
const cookieName = (c: Context): string => `swarmwatch-${new URL(c.req.url).port || '80'}`
