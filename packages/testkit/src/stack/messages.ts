import { networkInterfaces } from 'node:os'

import { eventually } from '../eventually.ts'
import { openHttpServer } from '../http-server.ts'
import type { ProductionStack } from './production-stack.ts'

/** A mail as a person reads it. */
export interface Mail {
  readonly from: string
  readonly subject: string
  readonly text: string
  /** When it came, in ms since 1970. */
  readonly at: number
}

interface ListedMail {
  readonly ID: string
  readonly From: { readonly Name: string; readonly Address: string }
  readonly Subject: string
  readonly Created: string
}

/** All mails there are, oldest first, without their text. */
export async function listMails({
  mailUrl,
}: ProductionStack): Promise<readonly (Omit<Mail, 'text'> & { readonly id: string })[]> {
  const response = await fetch(`${mailUrl}/api/v1/messages?limit=1000`)
  const { messages } = (await response.json()) as { messages: ListedMail[] }
  return messages
    .map(({ ID, From, Subject, Created }) => ({
      id: ID,
      from: `${From.Name} <${From.Address}>`,
      subject: Subject,
      at: Date.parse(Created),
    }))
    .toReversed()
}

/** Waits for a mail that `isIt`; `text` is plain text. */
export function mailThat(
  stack: ProductionStack,
  what: string,
  withinSeconds: number,
  isIt: (mail: Omit<Mail, 'text'>) => boolean,
): Promise<Mail> {
  return eventually(
    `a mail: ${what}`,
    async () => {
      const found = (await listMails(stack)).find(isIt)
      return found && { ...found, text: await textOf(stack, found.id) }
    },
    { withinMs: withinSeconds * 1_000, everyMs: 500 },
  )
}

/** Subject and text of all mails there are. */
export async function mailTexts(stack: ProductionStack): Promise<readonly string[]> {
  const mails = await listMails(stack)
  return Promise.all(mails.map(async ({ id, subject }) => `${subject}\n${await textOf(stack, id)}`))
}

async function textOf({ mailUrl }: ProductionStack, id: string): Promise<string> {
  const response = await fetch(`${mailUrl}/api/v1/message/${id}`)
  return ((await response.json()) as { Text: string }).Text
}

/** A replacement for Slack's incoming webhook that keeps the posts, or is down. */
export interface SlackSink {
  /** Address for a container. */
  readonly url: string
  /** Bodies of the accepted posts, as JSON text, oldest first. */
  readonly posts: readonly string[]
  /** While true it answers 503, as Slack does in an outage. */
  isDown: boolean
  close(): Promise<void>
}

/** Opens a server that containers with access to this machine can reach. */
export async function openSlackSink(): Promise<SlackSink> {
  const posts: string[] = []
  const server = await openHttpServer(
    ({ method, body }, response) => {
      if (sink.isDown) {
        response.writeHead(503).end('service_unavailable')
        return
      }
      if (method === 'POST') posts.push(body)
      response.end('ok')
    },
    { host: '0.0.0.0' },
  )
  const url = `http://${addressOfThisMachine()}:${server.port}/services/T000/B000/test`
  const sink: SlackSink = { url, posts, isDown: false, close: () => server.close() }
  return sink
}

/** Returns an address of this machine that is not loopback. */
function addressOfThisMachine(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (found === undefined) throw new Error('this machine has no address but loopback, so containers cannot reach it')
  return found.address
}
