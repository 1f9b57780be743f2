import { createHmac, randomBytes } from 'node:crypto'

import { isSameText } from '@swarmwatch/config'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'

import { htmlDocument, type Markup, markup } from './markup.ts'
import { isHttps, type RequestBudget } from './request-guard.ts'

/** The token that is required, and the limit for guesses. */
export interface TokenAccessOptions {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly budget: RequestBudget
  /** Returns the client under which a request is counted. */
  readonly clientOf: (c: Context) => string
}

/**
 * The handlers that together admit readers with the token, as a bearer header or typed into a form
 * once.
 */
export interface TokenAccess {
  /** Limits the requests of each client and each reader. */
  readonly limited: MiddlewareHandler
  readonly login: MiddlewareHandler
  readonly form: readonly [MiddlewareHandler, MiddlewareHandler]
  readonly required: MiddlewareHandler
}

/** Cost of a wrong token, in requests: six at once, then one in two seconds. */
const guessCost = 10
/** A shorter token could be guessed; a longer one cannot, so it needs no protection by a limit. */
const minUnguessableLength = 16

/**
 * Makes the handlers for one token. Clients behind one proxy share an address, so guesses are
 * counted apart from all other requests: wrong tokens of a stranger block neither signed-in readers
 * nor readers with the right token. Only a token that is short enough to be guessed is not accepted
 * while its client has guessed too often.
 */
export function tokenAccess({ token, now, budget, clientOf }: TokenAccessOptions): TokenAccess {
  const isToken = (shown: string): boolean => isSameText(shown, token)
  const isGuessable = token.length < minUnguessableLength
  const sessions = new Sessions()
  // Cookies are shared by all ports and monitors of one host name: each process uses a name of its
  // own
  const cookieName = `swarmwatch-${randomBytes(6).toString('hex')}`

  const sessionOf = (c: Context): string | undefined => {
    const session = getCookie(c, cookieName)
    return session !== undefined && sessions.isValid(session, now()) ? session : undefined
  }
  /** Seconds until this client may guess again; a `cost` of 0 only asks. */
  const guess = (c: Context, cost: number): number => budget.spend(`guess ${clientOf(c)}`, cost)

  return {
    limited: async (c, next) => {
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
          // None: the browser uses the folder of the URL, which belongs to this monitor behind a
          // proxy that selects monitors by path
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
      // A browser, which accepts HTML, gets the form
      if (c.req.path === '/' && c.req.header('accept')?.includes('text/html')) return c.redirect('login', 303)
      c.header('www-authenticate', 'Bearer realm="swarmwatch"')
      return c.text('The token of this monitor is required: Authorization: Bearer, or sign in at /login\n', 401)
    },
  }
}

/** Refuses a request until `waitSeconds` have passed. */
export function tooMany(c: Context, waitSeconds: number): Response {
  return c.text('Too many requests\n', 429, { 'retry-after': String(waitSeconds) })
}

function bearerOf(c: Context): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
}

const sessionSeconds = 12 * 3600

/**
 * Sessions of browsers that have sent the token. A session is its end time and a signature with a
 * key of this process: it contains nothing of the token, needs no memory, and ends with the
 * process.
 */
export class Sessions {
  static readonly seconds: number = sessionSeconds
  readonly #key: Buffer = randomBytes(32)

  begin(nowMs: number): string {
    return this.#signed(String(Math.floor(nowMs / 1000) + sessionSeconds))
  }

  isValid(session: string, nowMs: number): boolean {
    const [end = ''] = session.split('.', 1)
    // A time in seconds
    return /^\d{1,12}$/.test(end) && isSameText(session, this.#signed(end)) && Number(end) * 1000 > nowMs
  }

  #signed(end: string): string {
    return `${end}.${createHmac('sha256', this.#key).update(end).digest('base64url')}`
  }
}

/** The form that asks for the token; `isWrong` after a wrong one. */
function loginPage({ isWrong }: { isWrong: boolean }): Markup {
  const body = markup`<body class="login">
<main>
<h1>Swarmwatch</h1>
<form method="post" action="login">
<label for="token">Token of this monitor</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus
 aria-describedby="token-note"${isWrong ? markup` aria-invalid="true"` : ''}>
<p id="token-note"${isWrong ? markup` class="wrong" role="alert"` : ''}>${
    isWrong
      ? 'The token is wrong. It is the value of MONITOR_TOKEN.'
      : 'The value of MONITOR_TOKEN. You stay signed in for 12 hours.'
  }</p>
<button type="submit">Sign in</button>
</form>
</main>
</body>`
  return htmlDocument({ title: 'Sign in | Swarmwatch', body })
}
