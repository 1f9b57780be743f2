import { eventually } from '../eventually.ts'

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
