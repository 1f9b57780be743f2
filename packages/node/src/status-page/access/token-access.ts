import { randomBytes } from 'node:crypto'

import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'

import { isHttps } from '../guard/forwarded.ts'
import type { RequestBudget } from '../guard/request-budget.ts'
import { loginPage } from './login-page.ts'
import { Sessions } from './sessions.ts'
import { tokenCheck } from './token-check.ts'

/** Which token is asked for, and how often it may be guessed. */
export interface TokenAccessOptions {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly budget: RequestBudget
  /** Under which client a request is counted. */
  readonly clientOf: (c: Context) => string
}

/** The handlers that together let in who has the token: as a bearer header, or typed into a form once. */
export interface TokenAccess {
  /** Limits how often each client and each reader may ask. */
  readonly paced: MiddlewareHandler
  readonly login: MiddlewareHandler
  readonly form: readonly [MiddlewareHandler, MiddlewareHandler]
  readonly required: MiddlewareHandler
}

/** What a wrong token costs, in requests: six at once, then one in two seconds. */
const guessCost = 10
/** A token that is shorter could be guessed in the end; a longer one cannot, so no lock-out has to protect it. */
const leastUnguessable = 16

/**
 * Makes the handlers for one token. Clients behind one proxy share an address, so guesses are counted apart from all other requests:
 * a stranger's wrong tokens keep neither readers that have signed in nor those that show the right token from the page. Only a token
 * short enough to be guessed is not accepted while its client has guessed too often.
 */
export function tokenAccess({ token, now, budget, clientOf }: TokenAccessOptions): TokenAccess {
  const isToken = tokenCheck(token)
  const isGuessable = token.length < leastUnguessable
  const sessions = new Sessions()
  // Cookies know neither ports nor the monitors behind one host name: each process has a name of its own
  const cookieName = `swarmwatch-${randomBytes(6).toString('hex')}`

  const sessionOf = (c: Context): string | undefined => {
    const session = getCookie(c, cookieName)
    return session !== undefined && sessions.isValid(session, now()) ? session : undefined
  }
  /** Seconds until this client may guess again; a `cost` of 0 only asks. */
  const guess = (c: Context, cost: number): number => budget.spend(`guess ${clientOf(c)}`, cost)

  return {
    paced: async (c, next) => {
      const session = sessionOf(c)
      const bearer = session === undefined ? bearerOf(c) : undefined
      if (session === undefined && bearer === undefined && c.req.method === 'POST' && c.req.path === '/login') return next()
      if (bearer !== undefined) {
        const isRight = isToken(bearer)
        const waitSeconds = isRight && !isGuessable ? 0 : guess(c, isRight ? 0 : guessCost)
        if (waitSeconds > 0) return tooMany(c, waitSeconds)
        if (!isRight) return next()
      }
      const reader = session ?? (bearer === undefined ? clientOf(c) : `reader ${clientOf(c)}`)
      const waitSeconds = budget.spend(reader)
      return waitSeconds > 0 ? tooMany(c, waitSeconds) : next()
    },
    login: async (c) => c.html(loginPage({ isWrong: false })),
    form: [
      bodyLimit({ maxSize: 4096, onError: (c) => c.text('Too long for a token\n', 413) }),
      async (c) => {
        const isRight = isToken(new URLSearchParams(await c.req.text()).get('token') ?? '')
        const waitSeconds = isRight && !isGuessable ? 0 : guess(c, isRight ? 0 : guessCost)
        if (waitSeconds > 0) return tooMany(c, waitSeconds)
        if (!isRight) return c.html(loginPage({ isWrong: true }), 401)
        setCookie(c, cookieName, sessions.begin(now()), {
          httpOnly: true,
          sameSite: 'Strict',
          // None: the browser takes the folder of the address, which is the monitor's own behind a proxy that tells monitors apart by path
          path: '',
          maxAge: Sessions.seconds,
          secure: isHttps(c),
        })
        return c.redirect('./', 303)
      },
    ],
    required: async (c, next) => {
      const bearer = bearerOf(c)
      if (sessionOf(c) !== undefined || (bearer !== undefined && isToken(bearer))) return next()
      // A browser is shown the form; it says so by what it accepts
      if (c.req.path === '/' && c.req.header('accept')?.includes('text/html')) return c.redirect('login', 303)
      c.header('www-authenticate', 'Bearer realm="swarmwatch"')
      return c.text('The token of this monitor is needed: Authorization: Bearer, or sign in at /login\n', 401)
    },
  }
}

/** Refuses a request for now. */
export function tooMany(c: Context, waitSeconds: number): Response {
  return c.text('Too many requests\n', 429, { 'retry-after': String(waitSeconds) })
}

function bearerOf(c: Context): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
}
