import { z } from 'zod'

import { BodyTooLargeError, readBody, type Secret } from '@swarmwatch/config'

import type { Notice, NoticeAlert } from '../message/notice.ts'

/** A matcher of a silence: the label has exactly this value. */
export interface Matcher {
  readonly name: string
  readonly value: string
}

/** A silence that is to be created. Times are milliseconds since 1970. */
export interface NewSilence {
  readonly matchers: readonly Matcher[]
  readonly startsAt: number
  readonly endsAt: number
  readonly createdBy: string
  readonly comment: string
}

/** A silence of Alertmanager that is active. */
export interface ActiveSilence {
  readonly id: string
  readonly endsAt: number
  readonly comment: string
}

/** An alert that Alertmanager has. */
export interface KnownAlert {
  /** Whether a silence, another alert or a time interval mutes it: Alertmanager does not send it. */
  readonly isMuted: boolean
}

/** An alert of which Alertmanager notifies a receiver. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly startsAt: number
}

/** Alertmanager could not be reached, or refused. The message contains no secret. */
export class AlertmanagerError extends Error {
  override readonly name = 'AlertmanagerError'
  /** Whether another member of its cluster may still answer: it is not this request that is wrong. */
  readonly isOutage: boolean

  constructor(message: string, { isOutage = false, cause }: { readonly isOutage?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause })
    this.isOutage = isOutage
  }
}

/** The silences and alerts of an Alertmanager or of a cluster of them (API v2). All reject with AlertmanagerError. */
export interface Silences {
  /** Resolves to the id of the silence. */
  readonly create: (silence: NewSilence) => Promise<string>
  /** Silences with these matchers that have not ended. */
  readonly active: (matchers: readonly Matcher[]) => Promise<ActiveSilence[]>
  /** Alerts that have not ended, that nothing mutes, and of which one of these receivers is notified (regular expressions); once for each route. */
  readonly sentTo: (receivers: readonly string[]) => Promise<SentAlert[]>
  /** Alerts with these labels that have not ended, also those that something mutes; once for each route. */
  readonly alerts: (matchers: readonly Matcher[]) => Promise<KnownAlert[]>
}

/** 10,000 alerts with long texts. */
const maxBytes = 16 * 1024 * 1024
/** Maximum time for one request; a person waits for it. */
const timeoutMs = 5_000

/**
 * Connects to the members of a cluster of Alertmanagers, which is often only one. User names and passwords of the addresses are sent as
 * basic authentication. Members share their silences, but not their alerts, so a silence is created in the first that answers, and what is
 * read is what any of them has. Members that are down are left out while another one answers.
 */
export function alertmanagerSilences(addresses: readonly Secret[], fetch: typeof globalThis.fetch): Silences {
  const members = addresses.map((address) => silencesOf(address, fetch))

  async function inFirst<Result>(ask: (member: Silences) => Promise<Result>): Promise<Result> {
    const failures: AlertmanagerError[] = []
    for (const member of members) {
      try {
        return await ask(member)
      } catch (error) {
        if (!(error instanceof AlertmanagerError) || !error.isOutage) throw error
        failures.push(error)
      }
    }
    throw failureOf(failures)
  }

  async function inAll<Item>(ask: (member: Silences) => Promise<Item[]>): Promise<Item[]> {
    const answers = await Promise.allSettled(members.map(ask))
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
    const other = failures.find((failure) => !(failure instanceof AlertmanagerError && failure.isOutage))
    if (other !== undefined) throw other
    if (failures.length === members.length) throw failureOf(failures as AlertmanagerError[])
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  }

  return {
    create: (silence) => inFirst(({ create }) => create(silence)),
    active: async (matchers) => {
      const found = await inAll(({ active }) => active(matchers))
      return [...new Map(found.map((silence) => [silence.id, silence])).values()]
    },
    sentTo: (receivers) => inAll(({ sentTo }) => sentTo(receivers)),
    alerts: (matchers) => inAll(({ alerts }) => alerts(matchers)),
  }
}

/** The failures of all members as one. */
function failureOf(failures: readonly AlertmanagerError[]): AlertmanagerError {
  const messages = new Set(failures.map(({ message }) => message))
  return new AlertmanagerError([...messages].join('; '), { isOutage: true, cause: failures })
}

function silencesOf(address: Secret, fetch: typeof globalThis.fetch): Silences {
  const { origin, pathname, username, password } = new URL(address.reveal())
  const url = `${origin}${pathname.replace(/\/*$/, '')}/api/v2`
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = {
    'content-type': 'application/json',
    ...(login !== ':' && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
  }

  async function ask(path: string, init: RequestInit): Promise<unknown> {
    let status: number
    let text: string
    try {
      const answer = await fetch(`${url}${path}`, {
        ...init,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = answer.status
      text = await readBody(answer, maxBytes)
    } catch (error) {
      if (error instanceof BodyTooLargeError) throw new AlertmanagerError(`Alertmanager: ${error.message}`, { cause: error })
      throw new AlertmanagerError(`Alertmanager did not answer (${reasonOf(error)})`, { isOutage: true, cause: error })
    }
    if (status !== 200)
      throw new AlertmanagerError(`Alertmanager answered ${status}: ${shown(text)}`, { isOutage: status >= 500 })
    try {
      return JSON.parse(text)
    } catch (error) {
      throw new AlertmanagerError('Alertmanager answered 200 without JSON', { cause: error })
    }
  }

  /** The alerts of all groups, since only these show that a time interval mutes an alert. */
  async function alertsOf<Alert>(query: string, schema: z.ZodType<Alert>): Promise<Alert[]> {
    const groups = z
      .array(z.object({ alerts: z.array(schema) }))
      .safeParse(await ask(`/alerts/groups?${query}`, { method: 'GET' }))
    if (!groups.success) throw new AlertmanagerError('Alertmanager answered 200 without a list of groups of alerts')
    return groups.data.flatMap(({ alerts }) => alerts)
  }

  return {
    create: async ({ matchers, startsAt, endsAt, createdBy, comment }) => {
      const body = {
        matchers: matchers.map((matcher) => ({ ...matcher, isRegex: false, isEqual: true })),
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        createdBy,
        comment,
      }
      const created = createdSchema.safeParse(await ask('/silences', { method: 'POST', body: JSON.stringify(body) }))
      if (!created.success) throw new AlertmanagerError('Alertmanager answered 200 without the id of the silence')
      return created.data.silenceID
    },
    active: async (matchers) => {
      const listed = listSchema.safeParse(await ask(`/silences?${filterOf(matchers)}`, { method: 'GET' }))
      if (!listed.success) throw new AlertmanagerError('Alertmanager answered 200 without a list of silences')
      return listed.data
        .filter(({ status }) => status.state !== 'expired')
        .map(({ id, endsAt, comment }) => ({ id, comment, endsAt: Date.parse(endsAt) }))
    },
    sentTo: async (receivers) => {
      const query = new URLSearchParams({ active: 'true', silenced: 'false', inhibited: 'false', muted: 'false' })
      query.set('receiver', receivers.join('|'))
      const sent = (await alertsOf(query.toString(), sentSchema)).filter(({ status }) => !isMuted(status))
      return sent.map(({ labels, startsAt }) => ({ labels, startsAt: Date.parse(startsAt) }))
    },
    alerts: async (matchers) => {
      const all = 'active=true&silenced=true&inhibited=true&muted=true'
      const known = await alertsOf(`${all}&${filterOf(matchers)}`, alertSchema)
      return known.map(({ status }) => ({ isMuted: isMuted(status) }))
    },
  }
}

function filterOf(matchers: readonly Matcher[]): string {
  const query = new URLSearchParams()
  for (const { name, value } of matchers) if (isPlain(name)) query.append('filter', `${name}=${JSON.stringify(value)}`)
  return query.toString()
}

/** Other names would need quotes, which older versions do not know; with fewer filters, more silences are found. */
function isPlain(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name)
}

const namesSchema = z.array(z.string()).nullish()
const statusSchema = z.object({ silencedBy: namesSchema, inhibitedBy: namesSchema, mutedBy: namesSchema })
const alertSchema = z.object({ fingerprint: z.string(), status: statusSchema })
const sentSchema = z.object({
  labels: z.record(z.string(), z.string()),
  startsAt: z.string().refine(isTime),
  status: statusSchema,
})

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}

/** `mutedBy` exists since Alertmanager 0.28. */
function isMuted({ silencedBy, inhibitedBy, mutedBy }: z.infer<typeof statusSchema>): boolean {
  return [silencedBy, inhibitedBy, mutedBy].some((names) => (names ?? []).length > 0)
}

const createdSchema = z.object({ silenceID: z.string().min(1) })
const listSchema = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.string() }),
    endsAt: z.string().refine(isTime),
    comment: z.string(),
  }),
)

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : 'no connection'
}

function shown(text: string): string {
  return (
    text
      .slice(0, 200)
      .replaceAll(/[^\x20-\x7E]+/g, ' ')
      .trim() || '(nothing)'
  )
}

/** More alerts than this are not silenced one by one. */
const maxSilences = 20

/**
 * The matchers of the silences for an incident: one silence with the labels that all its alerts share, if the name of the alert is one of
 * them; otherwise one for each alert, so that nothing else is silenced.
 */
export function silencesFor({ alerts }: Pick<Notice, 'alerts'>): Matcher[][] {
  const firing = alerts.filter(({ status }) => status === 'firing')
  const affected = firing.length > 0 ? firing : alerts
  const common = commonLabels(affected)
  if (common.some(({ name }) => name === 'alertname')) return [common]
  return affected.slice(0, maxSilences).map(({ labels }) => matchersOf(labels))
}

/** The matchers of {@link silencesFor}, or undefined if the labels of the alerts are no longer stored. */
export function knownMatchers(notice: Pick<Notice, 'alerts'>): Matcher[][] | undefined {
  const wanted = silencesFor(notice)
  return wanted.length === 0 || wanted.some((matchers) => matchers.length === 0) ? undefined : wanted
}

function commonLabels([first, ...others]: readonly NoticeAlert[]): Matcher[] {
  return matchersOf(first?.labels ?? {}).filter(({ name, value }) => others.every(({ labels }) => labels[name] === value))
}

function matchersOf(labels: NoticeAlert['labels']): Matcher[] {
  // Alertmanager treats an empty label as a missing one, and refuses a silence that matches only these
  return Object.entries(labels).flatMap(([name, value]) => (value === '' ? [] : { name, value }))
}
