import { readFileSync } from 'node:fs'

import { asciiOnly, shownValue } from '@swarmwatch/config'
import { commandLine, type CommandLine, type ExitCode, type Output } from '@swarmwatch/config/command-line'

import { errorWord } from './logger.ts'

/** What the command takes from outside. */
export interface EventWorld extends Output {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** @default the clock */
  readonly now?: () => Date
}

const further = `
The bridge is BRIDGE_URL (http://127.0.0.1:8090), its token BRIDGE_TOKEN or the file BRIDGE_TOKEN_FILE.
Exits 0 when the bridge has taken the event, 1 when it has not, 2 when something is wrong with the call.`

/** Adds `event`, which sends a notable event to the alert bridge. */
export function addEventCommand({ program, action }: CommandLine, world: EventWorld = {}): void {
  const all = (link: string, before: readonly string[] = []): readonly string[] => [...before, link]
  program
    .command('event')
    .usage('--title TITLE [options]')
    .description('report a notable event or a deployment to the recipients of the alert bridge (severity info)')
    .option('--title <title>', 'one line; with --deployment it may be left out')
    .option('--text <text>', 'more about it')
    .option('--deployment <version>', 'a new version runs; reported once for each version, unless --key says otherwise')
    .option('--agent <name>', 'the agent it is about')
    .option('--link <name=url>', 'where to look; may be given more than once', all)
    .option('--key <key>', 'events with the same key are reported once')
    .addHelpText('after', further)
    .action(action((options: EventOptions) => send(options, world)))
}

/** `swarmwatch event` by itself. Returns the exit code: 0 taken, 1 not taken, 2 wrongly called. */
export async function runEvent(args: readonly string[], world: EventWorld = {}): Promise<ExitCode> {
  const packageFile = new URL('../package.json', import.meta.url)
  const line = commandLine({ name: 'swarmwatch', about: '', packageFile, ...world })
  addEventCommand(line, world)
  return line.run(['event', ...args])
}

async function send(
  options: EventOptions,
  { env = process.env, now = () => new Date(), ...output }: EventWorld,
): Promise<ExitCode> {
  const { print = console.log, printError = console.error } = output
  try {
    const event = notableEvent(options, now())
    const { isTaken, words } = await sendEvent(bridgeAddress(env), event)
    if (isTaken) print(words)
    else printError(`swarmwatch event: ${words}`)
    return isTaken ? 0 : 1
  } catch (error) {
    printError(`swarmwatch event: ${asciiOnly((error as Error).message)}`)
    return 2
  }
}

/** Whether the bridge has it now, in words that show no token. */
export interface SentEvent {
  readonly isTaken: boolean
  readonly words: string
}

/** Posts an event to the alert bridge; never rejects. */
async function sendEvent(
  { url, token }: BridgeAddress,
  event: NotableEvent,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): Promise<SentEvent> {
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1/events`
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body = await response.text()
    return response.ok
      ? { isTaken: true, words: `the bridge at ${url.host} has the event${isKnown(body) ? ', and had it before' : ''}` }
      : { isTaken: false, words: `the bridge at ${url.host} ${refusal(response.status, body)}` }
  } catch (error) {
    return {
      isTaken: false,
      words: `the bridge at ${url.host} cannot be reached (${errorWord(error)}); is it running, and is BRIDGE_URL right?`,
    }
  }
}

function isKnown(body: string): boolean {
  return /"duplicate"\s*:\s*true/.test(body)
}

function refusal(status: number, body: string): string {
  if (status === 401 || status === 403) return `refuses the token (${status}); is BRIDGE_TOKEN right?`
  if (status === 404 || status === 405) return `has no events endpoint (${status}); is BRIDGE_URL the address of an alert bridge?`
  if (status >= 500) return `cannot take the event now (${status}); try again later`
  if (status < 400) return `redirects (${status}); set BRIDGE_URL to where it really is`
  const words = asciiOnly(body.trim().replace(/\s+/g, ' ').slice(0, 300))
  return `does not take the event (${status})${words === '' ? '' : `: ${words}`}`
}

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
function notableEvent(values: EventOptions, now: Date): NotableEvent {
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

/** Where the alert bridge is, and what it wants to be shown. */
export interface BridgeAddress {
  readonly url: URL
  readonly token: string
}

/** From BRIDGE_URL and BRIDGE_TOKEN or BRIDGE_TOKEN_FILE. Throws an Error in words for the caller, without the token. */
function bridgeAddress(env: Readonly<Record<string, string | undefined>>): BridgeAddress {
  const url = URL.parse(env['BRIDGE_URL'] || 'http://127.0.0.1:8090')
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Error(
      `BRIDGE_URL must be an http or https URL without user name and password, got ${shownValue(env['BRIDGE_URL'])}`,
    )
  }
  const token = readToken(env)
  if (token === '') throw new Error('BRIDGE_TOKEN is not set; set it, or BRIDGE_TOKEN_FILE, to the token of the bridge')
  if (/[^\x21-\x7e]/.test(token)) throw new Error('BRIDGE_TOKEN must be printable ASCII without blanks, on one line')
  return { url, token }
}

function readToken({ BRIDGE_TOKEN: token, BRIDGE_TOKEN_FILE: file }: Readonly<Record<string, string | undefined>>): string {
  if (token && file) throw new Error('BRIDGE_TOKEN and BRIDGE_TOKEN_FILE are both set; only one of them must be')
  if (!file) return token ?? ''
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (error) {
    throw new Error(`BRIDGE_TOKEN_FILE must name a file that can be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
}
