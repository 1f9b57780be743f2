import type { IncomingMessage, ServerResponse } from 'node:http'

import { isSameText, type Secret } from '@swarmwatch/config'
import { localUrl, serve } from '@swarmwatch/config/listen'

import { type AdvisorSettings, prometheusAddress } from '../advisor-settings.ts'
import { analyse, type AnalysisSettings } from '../analyse.ts'
import { openPrometheus, PrometheusError } from '../prometheus/prometheus-client.ts'
import { type AdvisorState, noAnalysis } from './advisor-state.ts'
import { renderMetrics } from './render-metrics.ts'
import { renderPage } from './render-page.ts'
import { sendDigest, weekOf } from './send-digest.ts'

/** Options of {@link startService}. */
export interface ServiceOptions extends Pick<AnalysisSettings, 'prices'> {
  /** Receives one line for the operator. @default console.error */
  readonly write?: (line: string) => void
  /** Milliseconds since 1970. @default the clock */
  readonly now?: () => number
}

/** The advisor while it runs. */
export interface AdvisorService {
  readonly port: number
  /** Resolves after the next analysis, whether it succeeded or not. */
  analysed(): Promise<void>
  /** Ends the analysis in progress and the server. */
  stop(): Promise<void>
}

/**
 * Analyses at once and then every interval, and serves the page, `/api/report`, `/metrics` and `/healthz`. A failed analysis is printed
 * once and tried again after a minute; the last report stays until it is 12 hours old. Rejects with `ListenError`.
 */
export async function startService(
  settings: AdvisorSettings,
  { write = console.error, now = Date.now, prices }: ServiceOptions = {},
): Promise<AdvisorService> {
  let state: AdvisorState = noAnalysis
  let digestWeek: number | undefined
  let timer: NodeJS.Timeout | undefined
  let next = Promise.withResolvers<void>()
  const stopped = new AbortController()

  async function run(): Promise<void> {
    const { runs, failures } = state
    try {
      const prometheus = openPrometheus(prometheusAddress(settings), { signal: stopped.signal })
      const analysis = await analyse(prometheus, { ...settings, prices }, now())
      if (state.problem !== undefined) write('[ADVISOR] Prometheus answers again')
      state = { analysis, madeAtMs: now(), problem: undefined, runs: runs + 1, failures }
      await digest()
    } catch (error) {
      if (stopped.signal.aborted) return
      const problem = error instanceof PrometheusError ? error.message : `the analysis failed: ${String(error)}`
      if (state.problem !== problem) write(`[ADVISOR] ${problem}`)
      state = { ...state, problem, runs: runs + 1, failures: failures + 1 }
    } finally {
      const minutes = state.problem === undefined ? settings.intervalMinutes : 1
      if (!stopped.signal.aborted) timer = setTimeout(() => void run(), minutes * 60_000)
      next.resolve()
      next = Promise.withResolvers<void>()
    }
  }

  async function digest(): Promise<void> {
    const { report } = state.analysis!
    const week = weekOf(report.at)
    if (week === digestWeek) return
    const result = await sendDigest(report, settings)
    if (result.kind === 'failed') write(`[ADVISOR] ${result.reason}`)
    if (result.kind === 'sent') digestWeek = week
  }

  const server = await serve((request, response) => answer(request, response, { state, nowMs: now(), token: settings.token }), {
    host: settings.host,
    port: settings.port,
    setting: 'ADVISOR',
    maxConnections: 50,
  })
  write(`[ADVISOR] ready on ${localUrl(settings.host, server.port)}, reads ${new URL(settings.prometheusUrl).host}`)
  void run()
  return {
    port: server.port,
    analysed: () => next.promise,
    async stop() {
      stopped.abort(new Error('the advisor stops'))
      clearTimeout(timer)
      await server.close()
    },
  }
}

interface Answered {
  readonly state: AdvisorState
  readonly nowMs: number
  readonly token: Secret | undefined
}

function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  { state, nowMs, token }: Answered,
): void {
  const path = url.split('?', 1)[0]!
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    response.end(method === 'HEAD' ? undefined : body)
  }
  if (method !== 'GET' && method !== 'HEAD') return send(405, 'text/plain', 'only GET\n')
  if (path === '/healthz') return send(200, 'application/json', '{"status":"ok"}\n')
  if (token !== undefined && !isSameText(headers.authorization ?? '', `Bearer ${token.reveal()}`)) {
    response.setHeader('www-authenticate', 'Bearer')
    return send(401, 'text/plain', 'requires the token ADVISOR_TOKEN\n')
  }
  if (path === '/metrics') return send(200, 'text/plain; version=0.0.4', renderMetrics(state, nowMs))
  if (path === '/') return send(200, 'text/html', renderPage(state))
  if (path === '/api/report') {
    const { analysis, problem } = state
    if (analysis === undefined)
      return send(503, 'application/json', JSON.stringify({ problem: problem ?? 'the first analysis is not finished' }))
    return send(200, 'application/json', JSON.stringify({ ...analysis.report, problem: problem ?? null }))
  }
  return send(404, 'text/plain', 'not found\n')
}
