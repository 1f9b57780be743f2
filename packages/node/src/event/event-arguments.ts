import { shownValue } from '@swarmwatch/config'

/** What the bridge takes at `POST /api/v1/events`. */
export interface NotableEvent {
  readonly title: string
  readonly text?: string
  readonly agent?: string
  readonly source?: string
  /** ISO 8601. */
  readonly at: string
  readonly links?: Readonly<Record<string, string>>
  /** Events with the same key are told once. */
  readonly key?: string
}

/** The options of `swarmwatch event` as they were given. */
export interface EventOptions {
  readonly title?: string
  readonly text?: string
  readonly deployment?: string
  readonly agent?: string
  readonly link?: readonly string[]
  readonly key?: string
}

/** The event that the options describe. Throws an Error in words for the caller. */
export function notableEvent(values: EventOptions, now: Date): NotableEvent {
  const { deployment, text, agent } = values
  for (const [name, value] of Object.entries(values)) {
    if (value === '') throw new Error(`--${name} must not be empty`)
  }
  const title = values.title ?? (deployment === undefined ? undefined : `Deployment of ${deployment}`)
  if (title === undefined) throw new Error('--title is missing')
  if (/[\r\n]/.test(title)) throw new Error('--title must be one line; --text takes more')
  const key = values.key ?? (deployment === undefined ? undefined : `deployment:${deployment}`)
  const words = [deployment === undefined || title.includes(deployment) ? [] : `Version ${deployment}`, text ?? []].flat()
  return {
    title,
    ...(words.length > 0 && { text: words.join('\n') }),
    ...(agent !== undefined && { agent }),
    ...(deployment !== undefined && { source: 'deployment' }),
    at: now.toISOString(),
    ...(values.link && { links: Object.fromEntries(values.link.map(parseLink)) }),
    ...(key !== undefined && { key }),
  }
}

function parseLink(link: string): [name: string, url: string] {
  const at = link.indexOf('=')
  const url = URL.parse(link.slice(at + 1))
  if (at < 1 || !url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`--link must be NAME=URL with an http or https URL, got ${shownValue(link)}`)
  }
  return [link.slice(0, at), url.href]
}
