import type { Secret } from '@swarmwatch/config'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import {
  type ActionLinkSettings,
  type ActionName,
  actionNames,
  isSilenceable,
  readActionToken,
} from '../incidents/action-links.ts'
import { type ActionResult, type Actor, canBeSilenced, type IncidentActions, personName } from '../incidents/incident-actions.ts'
import { readSigned, signValue } from '../incidents/signed-values.ts'
import { logLimit } from '../log-limit.ts'
import { cleanLine } from '../message/clean-text.ts'
import { localTime } from '../message/notice-times.ts'
import type { StoredIncident } from '../outbox/incidents.ts'
import { type Store, StoreError } from '../outbox/store.ts'
import { pageHeaders } from '../pages/html.ts'
import {
  confirmPage,
  type FormState,
  incidentPage,
  listPage,
  loginPage,
  problemPage,
  resultPage,
  type ShownIncident,
  silenceMinutes,
} from '../pages/incident-pages.ts'
import { formBodyLimit, formFields, isCrossSite } from './form-request.ts'
import type { OnCallAccess, OnCallUser } from './on-call-access.ts'

/** Options of the pages about incidents. */
export interface IncidentRouteOptions {
  readonly store: Pick<Store, 'incident' | 'incidentHistory' | 'listIncidents'>
  readonly actions: IncidentActions
  /** Undefined without BRIDGE_PUBLIC_URL: messages have no links, and the pages of links do not exist. */
  readonly links: ActionLinkSettings | undefined
  /** Sign links, forms and sessions. */
  readonly secrets: readonly Secret[]
  readonly canSilence: boolean
  /** Undefined without on-call access: the list does not exist. */
  readonly access: OnCallAccess | undefined
  readonly proxyUser: OnCallAccess['proxyUser']
  readonly now: () => number
  readonly timeZone: string | undefined
  readonly write: (line: string) => void
  readonly limits?: Partial<IncidentLimits>
}

/** Requests of one address per minute; more get 429. */
export interface IncidentLimits {
  /** Links that are forged or have expired, and sign-ins with a wrong token. @default 20 */
  readonly refused: number
  /** Forms that are sent. @default 60 */
  readonly forms: number
}

const formLifeMs = 3_600_000
/** Lists show at most this many. */
const maxListed = { open: 500, resolved: 20 } as const

/** The pages with which people act on incidents. GET changes nothing, because mail scanners and previews follow links. */
export function incidentRoutes(app: FastifyInstance, options: IncidentRouteOptions): void {
  const { store, actions, links, secrets, canSilence, access, proxyUser, now, timeZone, write } = options
  const limits = { refused: 20, forms: 60, ...options.limits }
  const refused = app.createRateLimit({ max: limits.refused, timeWindow: 60_000 })
  const forms = app.createRateLimit({ max: limits.forms, timeWindow: 60_000 })
  const logRefusal = limitedLog(write, now)

  app.addHook('onRequest', async (_request, reply) => void reply.headers(pageHeaders))
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    reply.headers(pageHeaders)
    if (error.statusCode === 413) {
      return reply
        .code(413)
        .header('connection', 'close')
        .send(problemPage('Too large', 'The form is too large. Nothing was changed.'))
    }
    if (!(error instanceof StoreError))
      write(`[BRIDGE] ${request.method} ${request.routeOptions.url ?? '?'} failed: ${error.name}`)
    else write(`[BRIDGE] ${error.message}; an action of a person was not stored`)
    return reply
      .code(error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 503)
      .send(problemPage('Not stored', 'The bridge cannot store this at the moment. Nothing was changed; try again.'))
  })

  if (links !== undefined) for (const action of actionNames) linkRoutes(action)
  if (access !== undefined) listRoutes(access)

  /** The pages of one kind of link. */
  function linkRoutes(action: ActionName): void {
    const path = `/${action}/:token`
    app.get<{ Params: { token: string } }>(path, async (request, reply) => {
      const { token } = request.params
      const shown = await incidentOfLink(action, token, request, reply)
      if (shown === undefined) return reply
      if (!isPossible(action, shown.incident)) return reply.send(already(shown))
      return reply.send(confirmPage(action, shown, { token: formToken(`${action}:${token}`), user: proxyUser(request) }))
    })
    app.post<{ Params: { token: string } }>(path, { bodyLimit: formBodyLimit }, async (request, reply) => {
      const { token } = request.params
      const shown = await incidentOfLink(action, token, request, reply)
      if (shown === undefined) return reply
      const user = proxyUser(request)
      const subject = `${action}:${token}`
      if (!(await isOwnForm(subject, request, reply))) return reply
      const answered = (problem: string): string => confirmPage(action, shown, { token: formToken(subject), user }, problem)
      return act(action, shown, { request, reply, user, via: 'link', answered })
    })
  }

  /** The list of incidents, the page of each, and the sign-in. */
  function listRoutes({ userOf, signIn }: OnCallAccess): void {
    app.get('/', async (request, reply) => {
      const user = userOf(request)
      if (user === undefined) return reply.code(401).send(loginPage(formToken('login')))
      const [open, resolved] = await Promise.all([
        store.listIncidents({ isOpen: true, limit: maxListed.open }),
        store.listIncidents({ isOpen: false, limit: maxListed.resolved }),
      ])
      return reply.send(listPage({ open, resolved, now: now(), timeZone }, user.name))
    })

    app.post('/login', { bodyLimit: formBodyLimit }, async (request, reply) => {
      if (!(await isOwnForm('login', request, reply))) return reply
      const { token = '', name = '' } = formFields(request)
      const person = personName(name)
      const cookie = person === undefined ? undefined : signIn(token, person, now())
      if (cookie !== undefined) return reply.header('set-cookie', cookie).header('location', './').code(303).send('')
      if (await isTooMuch(request, reply)) return reply
      logRefusal('a sign-in with a wrong token')
      return reply.code(401).send(loginPage(formToken('login'), 'This token is not valid, or the name is missing.'))
    })

    const path = '/incidents/:key'
    app.get<{ Params: { key: string } }>(path, async (request, reply) => {
      const user = userOf(request)
      if (user === undefined) return reply.code(401).send(problemPage('Sign in first', 'Open the list of incidents and sign in.'))
      const shown = await shownIncident(request.params.key)
      if (shown === undefined)
        return reply.code(404).send(problemPage('Unknown incident', 'It may have been deleted after 30 days.'))
      return reply.send(pageOf(shown, user))
    })
    for (const action of actionNames) {
      app.post<{ Params: { key: string } }>(`${path}/${action}`, { bodyLimit: formBodyLimit }, async (request, reply) => {
        const user = userOf(request)
        if (user === undefined) return reply.code(401).send(problemPage('Sign in first', 'Nothing was changed.'))
        const { key } = request.params
        if (!(await isOwnForm(subjectOf(action, key, user), request, reply))) return reply
        const shown = await shownIncident(key)
        if (shown === undefined) return reply.code(404).send(problemPage('Unknown incident', 'Nothing was changed.'))
        const answered = (problem: string): string => problemPage('Not changed', problem, shown)
        return act(action, shown, { request, reply, user: user.name, via: 'list', answered })
      })
    }

    function pageOf(shown: ShownIncident, user: OnCallUser): string {
      const { key, notice } = shown.incident
      const formOf = (action: ActionName): FormState => ({
        token: formToken(subjectOf(action, key, user)),
        user: user.name,
        target: `${encodeURIComponent(key)}/${action}`,
      })
      return incidentPage(shown, formOf, canSilence && isSilenceable(notice))
    }
  }

  function subjectOf(action: ActionName, key: string, { name }: OnCallUser): string {
    return JSON.stringify([action, key, name ?? null])
  }

  interface Submission {
    readonly request: FastifyRequest
    readonly reply: FastifyReply
    readonly user: string | undefined
    readonly via: string
    /** The page for a form that lacks something. */
    readonly answered: (problem: string) => string
  }

  async function act(
    action: ActionName,
    shown: ShownIncident,
    { request, reply, user, via, answered }: Submission,
  ): Promise<FastifyReply> {
    const fields = formFields(request)
    const name = user ?? personName(fields['name'] ?? '')
    if (name === undefined) return reply.code(422).send(answered('Enter your name, so that the others see who acted.'))
    const actor: Actor = { name, via: `${via}, from ${request.ip}` }
    const { key } = shown.incident
    if (action === 'ack') return done(await actions.acknowledge(key, actor), reply)
    if (action === 'resolve') return done(await actions.resolve(key, actor), reply)
    if (!canSilence || !isSilenceable(shown.incident.notice)) {
      return reply.code(409).send(answered('Alertmanager cannot silence this incident.'))
    }
    const minutes = silenceMinutes.find((one) => `${one}` === fields['minutes'])
    const comment = cleanLine(fields['comment'] ?? '', 300)
    if (minutes === undefined) return reply.code(422).send(answered('Choose one of the durations.'))
    if (comment === '') return reply.code(422).send(answered('Enter a reason: it is the comment of the silence.'))
    return done(await actions.silence(key, actor, { minutes, comment }), reply)
  }

  async function done(result: ActionResult, reply: FastifyReply): Promise<FastifyReply> {
    if (result.kind === 'unknown') return reply.code(404).send(problemPage('Unknown incident', 'Nothing was changed.'))
    const shown = (await shownIncident(result.incident.key)) ?? { incident: result.incident, history: [], now: now(), timeZone }
    if (result.kind === 'failed') {
      const text = `${result.reason}. No silence was created, and the incident is unchanged; the attempt is in its history. Try again, or create the silence in Alertmanager.`
      return reply.code(502).send(problemPage('Not silenced', text, shown))
    }
    if (result.kind === 'already') return reply.send(already(shown))
    return reply.send(resultPage(stateTitle(shown.incident), 'Stored. Everyone who was notified is being informed.', shown))
  }

  function already(shown: ShownIncident): string {
    const { state, acknowledgedBy, silencedUntil, resolvedBy } = shown.incident
    const until = silencedUntil === undefined ? '' : ` until ${localTime(new Date(silencedUntil).toISOString(), timeZone)}`
    const who =
      state === 'resolved'
        ? `It was resolved by ${resolvedBy ?? 'Alertmanager'}.`
        : state === 'silenced'
          ? `It is silenced${until}.`
          : `${acknowledgedBy ?? 'Someone'} has acknowledged it.`
    return resultPage(`Already ${state}`, `${who} Nothing was changed.`, shown)
  }

  function stateTitle({ state }: StoredIncident): string {
    return `${state[0]!.toUpperCase()}${state.slice(1)}`
  }

  function isPossible(action: ActionName, incident: StoredIncident): boolean {
    if (action === 'ack') return incident.state === 'open'
    return action === 'silence' ? canBeSilenced(incident, now()) : incident.state !== 'resolved'
  }

  /** The incident of a link; otherwise undefined, and the request is answered. */
  async function incidentOfLink(
    action: ActionName,
    token: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<ShownIncident | undefined> {
    const read = readActionToken(token, action, { secrets, now: now() })
    const shown = read.kind === 'forged' ? undefined : await shownIncident(read.text)
    if (read.kind === 'valid' && shown !== undefined) return shown
    if (await isTooMuch(request, reply)) return undefined
    if (read.kind === 'expired') {
      logRefusal(`an expired link (${action})`)
      const text =
        'Links of messages are valid for a limited time. Open the list of incidents, or the newest message. Nothing was changed.'
      reply.code(410).send(problemPage('This link has expired', text))
    } else {
      logRefusal(
        read.kind === 'forged' ? `a link without a valid signature (${action})` : `a link to a deleted incident (${action})`,
      )
      reply
        .code(404)
        .send(problemPage('This link is not valid', 'It is incomplete, or its incident was deleted. Nothing was changed.'))
    }
    return undefined
  }

  async function shownIncident(key: string): Promise<ShownIncident | undefined> {
    const [incident, history] = await Promise.all([store.incident(key), store.incidentHistory(key)])
    return incident && { incident, history, now: now(), timeZone }
  }

  function formToken(subject: string): string {
    return signValue('form', { subject, text: '', expiresAt: now() + formLifeMs }, secrets)
  }

  /** Whether the form came from the page of this bridge for this link and person; otherwise the request is answered. */
  async function isOwnForm(subject: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const counted = await forms(request)
    if (!counted.isAllowed && counted.isExceeded) {
      reply.code(429).send(problemPage('Too many requests', 'Nothing was changed. Try again in a minute.'))
      return false
    }
    const value = formFields(request)['form'] ?? ''
    const read = isCrossSite(request) ? { kind: 'forged' as const } : readSigned('form', { value, subject, now: now() }, secrets)
    if (read.kind === 'valid') return true
    logRefusal('a form that did not come from its page')
    const text = 'The form is too old, or it came from another page. Open the link again. Nothing was changed.'
    reply.code(403).send(problemPage('Not accepted', text))
    return false
  }

  async function isTooMuch(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const counted = await refused(request)
    if (counted.isAllowed || !counted.isExceeded) return false
    reply.code(429).send(problemPage('Too many requests', 'Nothing was changed. Try again in a minute.'))
    return true
  }
}

/** Refusals are logged at most this often, each time with the number since the last line. */
const logEveryMs = 60_000

/** Logs what was refused, without the values that were refused. */
export function limitedLog(write: (line: string) => void, now: () => number): (what: string) => void {
  const due = logLimit(logEveryMs, now)
  return (what) => {
    const count = due()
    if (count === undefined) return
    write(`[BRIDGE] refused ${what}${count > 1 ? `, and ${count - 1} more requests of people since the last such line` : ''}`)
  }
}
