import { parseArgs } from 'node:util'

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

/** What `swarmwatch event --help` prints. */
export const eventUsage = `Usage: swarmwatch event --title TITLE [options]
  Tells the people behind the alert bridge of a notable event or a deployment (severity info).
  --title TITLE         one line; with --deployment it may be left out
  --text TEXT           more about it
  --deployment VERSION  a new version runs; told once for each version, unless --key says otherwise
  --agent NAME          the agent it is about
  --link NAME=URL       where to look; may be given more than once
  --key KEY             events with the same key are told once
  The bridge is BRIDGE_URL (http://127.0.0.1:8090), its token BRIDGE_TOKEN or the file BRIDGE_TOKEN_FILE.
  Exits 0 when the bridge has taken the event, 1 when it has not, 2 when something is wrong with the call.`

const options = {
  title: { type: 'string' },
  text: { type: 'string' },
  deployment: { type: 'string' },
  agent: { type: 'string' },
  link: { type: 'string', multiple: true },
  key: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the arguments after `swarmwatch event`; `help` when they ask for it. Throws an Error in words for the caller. */
export function eventArguments(args: readonly string[], now: Date): NotableEvent | 'help' {
  const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false })
  if (values.help) return 'help'
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
