import type { HttpBindings } from '@hono/node-server'
import { shownValue } from '@swarmwatch/config'
import { Hono, type MiddlewareHandler } from 'hono'

import { errorWord, type Warn } from '../logger.ts'
import { History } from './chart.ts'
import { chartedValues } from './figures.ts'
import { livePage, type LivePageOptions } from './live-page.ts'
import { liveScript } from './live-script.ts'
import { figureSource, filledSources, jsonAnswers, readPageValues, type StatusSources } from './page-values.ts'
import { pageDocument, renderPage } from './page.ts'
import { clientOf as clientBehind, ownPageOnly, RequestBudget, securityHeaders } from './request-guard.ts'
import { styleSheet } from './style-sheet.ts'
import { tokenAccess, tooMany } from './token-access.ts'

/** Options of the page: its values, its readers and their limits. */
export interface StatusAppOptions
  extends StatusSources, Pick<LivePageOptions, 'maxReaders' | 'maxWaitingBytes' | 'tickMs' | 'heartbeatMs'> {
  /** Readers must show it, as a bearer token or in the login form. @default none */
  readonly token?: string | undefined
  /**
   * Addresses and networks of reverse proxies whose X-Forwarded-For and Forwarded are trusted.
   * @default none
   */
  readonly trustedProxies?: readonly string[] | undefined
  /** Address of a trace, with `{trace_id}` for its id; ids of traces on the page then lead there. @default none */
  readonly traceLink?: string | undefined
  /** Shown in the head of the page. */
  readonly serviceName?: string | undefined
  /** Address that it will listen on; decides to which names it answers. @default '127.0.0.1' */
  readonly host?: string
  /** Milliseconds between two samples of the charts, up to a minute. @default 5000 */
  readonly sampleMs?: number
  /** Limits the requests of each client. */
  readonly budget?: RequestBudget
  readonly warn?: Warn
}

/** The page without a port. */
export interface StatusApp {
  /** Needs no port. `env` contains the connection of the request. */
  fetch(request: Request, env?: Partial<HttpBindings>): Response | Promise<Response>
  /** Ends sampling, and the event streams of all readers. */
  close(): void
}

type Env = { Bindings: Partial<HttpBindings> }

/**
 * The status page and its JSON as a function from request to response. Samples the charts until
 * closed.
 */
export function statusApp({
  token,
  trustedProxies = [],
  traceLink,
  serviceName,
  host = '127.0.0.1',
  sampleMs = 5000,
  budget = new RequestBudget(),
  warn = () => {},
  ...options
}: StatusAppOptions = {}): StatusApp {
  const sources = filledSources(options)
  const history = new History(sampleMs)
  const reportOnce = warnOnce(warn)
  const sample = (): void => {
    try {
      history.add({ atMs: sources.now(), values: chartedValues(figureSource(sources)) })
    } catch (error) {
      reportOnce(error)
    }
  }
  sample()
  const sampling = setInterval(sample, sampleMs).unref()
  const render = () => renderPage({ ...readPageValues(sources, history.samples()), traceLink })
  const live = livePage({ ...options, render, onError: reportOnce })
  const json = jsonAnswers(sources)

  const clientOf = clientBehind(trustedProxies)
  const access = token === undefined ? undefined : tokenAccess({ token, now: sources.now, budget, clientOf })
  const app = new Hono<Env>()
  app.onError((error, c) => {
    reportOnce(error)
    return c.text('The page cannot be rendered now; see the log\n', 500)
  })
  app.notFound((c) =>
    c.req.method === 'GET' || c.req.method === 'HEAD'
      ? c.text('Not found: the page is at /\n', 404)
      : c.text('Only GET and HEAD\n', 405, { allow: 'GET, HEAD' }),
  )
  app.use(securityHeaders)
  app.get('/healthz', (c) => c.text('ok'))
  app.use(ownPageOnly({ host, hasToken: token !== undefined }))
  app.use(
    access?.limited ??
      (async (c, next) => {
        const waitSeconds = budget.spend(clientOf(c))
        return waitSeconds > 0 ? tooMany(c, waitSeconds) : next()
      }),
  )
  app.get('/style.css', (c) => c.body(styleSheet, 200, { 'content-type': 'text/css; charset=utf-8' }))
  if (access !== undefined) {
    app.get('/login', access.login)
    app.post('/login', ...access.form)
    app.use(access.required)
  }
  app.get('/live.js', (c) => c.body(liveScript, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
  app.get('/', (c) => c.html(pageDocument(render(), serviceName)))
  app.get('/api/health', parameters([]), (c) => c.json(json.health()))
  app.get('/api/agents', parameters(['agent']), (c) => c.json(json.agents(c.req.query('agent'))))
  app.get('/api/executions', parameters(['agent', 'limit']), async (c) => {
    const { limit = '50', agent: agentName } = c.req.query()
    // A whole number up to 1000
    if (!/^\d{1,3}$|^1000$/.test(limit)) return c.text('limit must be a whole number from 0 to 1000\n', 400)
    return c.body(await json.executions({ limit: Number(limit), agentName }), 200, { 'content-type': 'application/json' })
  })
  app.get('/events', (c) => {
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
    if (c.req.method === 'HEAD') return c.body(null, 200, headers)
    const stream = live.join(c.env?.outgoing)
    return stream
      ? c.body(stream, 200, headers)
      : c.text(`Too many readers of the event stream: at most ${options.maxReaders ?? 50}\n`, 503, { 'retry-after': '10' })
  })

  return {
    fetch: (request, env) => app.fetch(request, env),
    close() {
      clearInterval(sampling)
      live.close()
    },
  }
}

/** Refuses unknown parameters: a misspelled filter must not return everything. */
function parameters(known: readonly string[]): MiddlewareHandler {
  const knownWords = known.length === 0 ? 'it has none' : `it has ${known.join(' and ')}`
  return async (c, next) => {
    for (const [name, values] of Object.entries(c.req.queries())) {
      if (!known.includes(name)) return c.text(`${c.req.path} has no parameter ${shownValue(name)}: ${knownWords}\n`, 400)
      if (values.length > 1) return c.text(`${name} must be in the address only once\n`, 400)
      if (name === 'agent' && values[0] === '') return c.text('agent must be the name of an agent\n', 400)
    }
    await next()
  }
}

/** Logs the type of an error, never its message; each type once. */
function warnOnce(warn: Warn): (error: unknown) => void {
  const logged = new Set<string>()
  return (error) => {
    const type = errorWord(error)
    if (logged.has(type) || logged.size >= 20) return
    logged.add(type)
    warn(`the status page cannot be rendered (${type}); it is not logged again`)
  }
}
