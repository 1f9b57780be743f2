import { asciiOnly } from '@swarmwatch/config'
import { commandLine, type CommandLine, type ExitCode, type Output } from '@swarmwatch/config/command-line'

import { bridgeAddress } from './bridge-address.ts'
import { type EventOptions, notableEvent } from './event-arguments.ts'
import { sendEvent } from './send-event.ts'

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
  const packageFile = new URL('../../package.json', import.meta.url)
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
