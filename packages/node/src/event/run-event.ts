import { asciiOnly } from '@swarmwatch/config'

import { type BridgeAddress, bridgeAddress } from './bridge-address.ts'
import { eventArguments, eventUsage, type NotableEvent } from './event-arguments.ts'
import { sendEvent } from './send-event.ts'

/** What the command takes from outside. */
export interface EventWorld {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Prints a line. @default console.log */
  readonly print?: (line: string) => void
  /** Prints a line of error. @default console.error */
  readonly printError?: (line: string) => void
  /** @default the clock */
  readonly now?: () => Date
}

/** `swarmwatch event`: sends a notable event to the alert bridge. Gives the exit code: 0 taken, 1 not taken, 2 wrongly called. */
export async function runEvent(args: readonly string[], world: EventWorld = {}): Promise<0 | 1 | 2> {
  const { env = process.env, print = console.log, printError = console.error, now = () => new Date() } = world
  let event: NotableEvent | 'help'
  try {
    event = eventArguments(args, now())
  } catch (error) {
    printError(`swarmwatch event: ${asciiOnly((error as Error).message)}\n${eventUsage}`)
    return 2
  }
  if (event === 'help') {
    print(eventUsage)
    return 0
  }
  let bridge: BridgeAddress
  try {
    bridge = bridgeAddress(env)
  } catch (error) {
    printError(`swarmwatch event: ${asciiOnly((error as Error).message)}`)
    return 2
  }
  const { isTaken, words } = await sendEvent(bridge, event)
  if (isTaken) print(words)
  else printError(`swarmwatch event: ${words}`)
  return isTaken ? 0 : 1
}
