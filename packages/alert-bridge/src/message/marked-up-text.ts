import { distinctTexts } from './alert-lines.ts'
import { escapedText, type Escape, fittingLines, type Measure } from './escaped-text.ts'
import { contentOf, type MessageContent, moreLine } from './message-content.ts'
import type { Notice } from './notice.ts'

/** How a service writes text. */
export interface Markup {
  /** @default the text as it is */
  readonly escape?: Escape
  /** Size of a piece of text. @default UTF-16 code units */
  readonly measure?: Measure
  /** Makes escaped text bold. @default not bold */
  readonly bold?: (escaped: string) => string
  /** A link with escaped words. @default `words: address` */
  readonly link?: (words: string, url: string) => string
}

/** A message for a service that shows one text below a headline. */
export interface MarkedUpText {
  /** Escaped, one line. */
  readonly headline: string
  /** Escaped, with markup. Without the headline. */
  readonly body: string
}

/** Maximum sizes, as the markup measures them. */
export interface TextRoom {
  readonly headline: number
  readonly body: number
}

/** Shares of the body; the lines of the alerts have the rest, and what the others do not use. */
const shares = { paragraphs: 0.22, facts: 0.15, firstStep: 0.25, links: 0.15 } as const
const separator = '\n\n'
const max = { url: 1_000, words: 100, name: 60, value: 300, line: 1_200 } as const

/** The notice in the markup of a service, within `room` for any notice. */
export function markedUpText(notice: Notice, markup: Markup, room: TextRoom): MarkedUpText {
  const content = contentOf(notice)
  const { measure = (piece) => piece.length } = markup
  const cut = (text: string, size: number): string => escapedText(text, Math.floor(size), markup)
  const before = [
    cut(linesWithoutIndent(content.paragraphs.join('\n\n')), room.body * shares.paragraphs),
    fittingLines(factLines(content, markup), room.body * shares.facts, { measure }),
    fittingLines([firstStepLine(content, markup)], room.body * shares.firstStep, { measure }),
  ]
  const after = fittingLines(linkLines(content, markup), room.body * shares.links, { measure })
  const used = [...before, after].reduce((sum, part) => sum + measure(part) + measure(separator), 0)
  const parts = [...before, alertText(content, markup, room.body - used, cut), after]
  return {
    headline: cut(headlineOf(content), room.headline),
    body: parts.filter((part) => part !== '').join(separator),
  }
}

/** First line of a message: `CRITICAL - AgentSlowResponses: writer`. Not escaped. */
export function headlineOf({ status, subject }: Pick<MessageContent, 'status' | 'subject'>): string {
  return `${status} - ${subject}`
}

/** Markup at the beginning of a line would also work after spaces. */
function linesWithoutIndent(text: string): string {
  return text.replaceAll(/\n[ \t]+/g, '\n')
}

function factLines({ facts }: MessageContent, markup: Markup): string[] {
  const { bold = (text) => text } = markup
  return facts.map(
    ({ name, value }) => `${bold(`${escapedText(name, max.name, markup)}:`)} ${escapedText(value, max.value, markup)}`,
  )
}

function firstStepLine({ firstStep }: MessageContent, markup: Markup): string {
  const { bold = (text) => text } = markup
  return firstStep === undefined ? '' : `${bold('What to do first:')} ${linkText(firstStep.words, firstStep.link.url, markup)}`
}

function linkLines({ links }: MessageContent, markup: Markup): string[] {
  return links.map(({ name, url }) => linkText(name, url, markup))
}

/** The words without a link if the address is too long. */
function linkText(name: string, url: string, markup: Markup): string {
  const { link = (words, address) => `${words}: ${address}` } = markup
  const words = escapedText(name, max.words, markup)
  return url.length > max.url ? words : link(words, url)
}

/** A line for each alert. With many alerts each line is shorter, because a message that names all of them is worth more than long lines. */
function alertText(
  { alerts, moreAlerts }: MessageContent,
  { measure = (piece) => piece.length }: Markup,
  room: number,
  cut: (text: string, size: number) => string,
): string {
  if (alerts.length + moreAlerts === 0) return ''
  const more = moreLine(moreAlerts)
  const frame = measure('- ') + measure('\n')
  const left = room - more.reduce((sum, line) => sum + measure(line) + measure('\n'), 0)
  const lineRoom = Math.min(max.line, Math.floor(left / Math.max(alerts.length, 1)) - frame)
  const lines = distinctTexts(alerts, (text) => cut(text, lineRoom)).map((text) => `- ${text}`)
  return fittingLines([...lines, ...more], room, { measure })
}
