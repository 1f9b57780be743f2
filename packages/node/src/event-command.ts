import { readFileSync } from 'node:fs'

import { asciiOnly, readBody, shownValue } from '@swarmwatch/config'
import {
  asJson,
  commandLine,
  type CommandLine,
  type ExitCode,
  type Output,
  swarmwatchCommands,
} from '@swarmwatch/config/command-line'

import { errorWord } from './logger.ts'

/** Environment of the command. */
export interface EventEnvironment extends Output {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** @default the clock */
  readonly now?: () => Date
}

const further = `
Examples:
  swarmwatch event --deployment 1.4.2 --link changes=https://example.com/1.4.2
  swarmwatch event --title "Prices of models changed" --agent billing

The bridge is BRIDGE_URL (http://127.0.0.1:8090), its token BRIDGE_TOKEN or the file BRIDGE_TOKEN_FILE.
Exits 0 when the bridge has accepted the event, 1 when it has not, 2 when the call is invalid.`

/** Adds `event`, which sends a notable event to the alert bridge. */
export function addEventCommand({ program, action }: CommandLine, environment: EventEnvironment = {}): void {
  const all = (link: string, before: readonly string[] = []): readonly string[] => [...before, link]
  program
    .command('event')
    .usage('--title TITLE [options]')
    .description(swarmwatchCommands.event)
    .option('--title <title>', 'one line; optional with --deployment')
    .option('--text <text>', 'details')
    .option('--deployment <version>', 'a new version is running; reported once for each version, unless --key is set')
    .option('--agent <name>', 'the agent it is about')
    .option('--link <name=url>', 'a link for the recipients; can be repeated', all)
    .option('--key <key>', 'events with the same key are reported once')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', further)
    .action(action((options: EventOptions) => send(options, environment)))
}

/**
 * Runs `swarmwatch event` alone. Returns the exit code: 0 accepted, 1 not accepted, 2 invalid call.
 */
export async function runEvent(args: readonly string[], environment: EventEnvironment = {}): Promise<ExitCode> {
  const packageFile = new URL('../package.json', import.meta.url)
  const line = commandLine({ name: 'swarmwatch', about: '', packageFile, ...environment })
  addEventCommand(line, environment)
  return line.run(['event', ...args])
}

async function send(
  options: EventOptions,
  { env = process.env, now = () => new Date(), ...output }: EventEnvironment,
): Promise<ExitCode> {
  const { print = console.log, printError = console.error } = output
  try {
    const event = notableEvent(options, now())
    const { isAccepted, words } = await sendEvent(bridgeAddress(env), event)
    if (options.json) print(asJson({ isAccepted, message: words }))
    else if (isAccepted) print(words)
    else printError(`swarmwatch event: ${words}`)
    return isAccepted ? 0 : 1
  } catch (error) {
    printError(`swarmwatch event: ${asciiOnly((error as Error).message)}`)
    return 2
  }
}

/** Whether the bridge accepted the event, in words without the token. */
interface SentEvent {
  readonly isAccepted: boolean
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
    const body = await readBody(response)
    return response.ok
      ? { isAccepted: true, words: `the bridge at ${url.host} ${isKnown(body) ? 'already had' : 'accepted'} the event` }
      : { isAccepted: false, words: `the bridge at ${url.host} ${refusal(response.status, body)}` }
  } catch (error) {
    return {
      isAccepted: false,
      words: `the bridge at ${url.host} cannot be reached (${errorWord(error)}); is it running, and is BRIDGE_URL correct?`,
    }
  }
}

function isKnown(body: string): boolean {
  return /"duplicate"\s*:\s*true/.test(body)
}

function refusal(status: number, body: string): string {
  if (status === 401 || status === 403) return `refuses the token (${status}); is BRIDGE_TOKEN correct?`
  if (status === 404 || status === 405) return `has no events endpoint (${status}); is BRIDGE_URL the address of an alert bridge?`
  if (status >= 500) return `cannot accept the event now (${status}); try again later`
  if (status < 400) return `redirects (${status}); set BRIDGE_URL to the final address`
  const words = asciiOnly(body.trim().replace(/\s+/g, ' ').slice(0, 300))
  return `does not accept the event (${status})${words === '' ? '' : `: ${words}`}`
}

/** Body of the bridge's `POST /api/v1/events`. */
interface NotableEvent {
  readonly title: string
  readonly text?: string
  readonly agent?: string
  readonly source?: string
  /** ISO 8601. */
  readonly at: string
  readonly links?: Readonly<Record<string, string>>
  /** Events with the same key are reported once. */
  readonly key?: string
}

/** Options of `swarmwatch event` on the command line. */
interface EventOptions {
  readonly json?: true
  readonly title?: string
  readonly text?: string
  readonly deployment?: string
  readonly agent?: string
  readonly link?: readonly string[]
  readonly key?: string
}

/** The event that the options describe. Throws an Error whose message is for the caller. */
function notableEvent(values: EventOptions, now: Date): NotableEvent {
  const { deployment, text, agent } = values
  for (const [name, value] of Object.entries(values)) {
    if (value === '') throw new Error(`--${name} must not be empty`)
  }
  const title = values.title ?? (deployment === undefined ? undefined : `Deployment of ${deployment}`)
  if (title === undefined) throw new Error('--title is missing')
  if (/[\r\n]/.test(title)) throw new Error('--title must be one line; use --text for more')
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

/** Address and token of the alert bridge. */
interface BridgeAddress {
  readonly url: URL
  readonly token: string
}

/**
 * Reads BRIDGE_URL and BRIDGE_TOKEN or BRIDGE_TOKEN_FILE. Throws an Error whose message is for the
 * caller, without the token.
 */
function bridgeAddress(env: Readonly<Record<string, string | undefined>>): BridgeAddress {
  const url = URL.parse(env['BRIDGE_URL'] || 'http://127.0.0.1:8090')
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Error(
      `BRIDGE_URL must be an http or https URL without user name and password, got ${shownValue(env['BRIDGE_URL'])}`,
    )
  }
  const token = readToken(env)
  if (token === '') throw new Error('BRIDGE_TOKEN is not set; set it, or BRIDGE_TOKEN_FILE, to the token of the bridge')
  if (/[^\x21-\x7e]/.test(token)) throw new Error('BRIDGE_TOKEN must be printable ASCII without spaces, on one line')
  return { url, token }
}

function readToken({ BRIDGE_TOKEN: token, BRIDGE_TOKEN_FILE: file }: Readonly<Record<string, string | undefined>>): string {
  if (token && file) throw new Error('BRIDGE_TOKEN and BRIDGE_TOKEN_FILE are both set; set only one of them')
  if (!file) return token ?? ''
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (error) {
    throw new Error(`BRIDGE_TOKEN_FILE must name a file that can be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
}
