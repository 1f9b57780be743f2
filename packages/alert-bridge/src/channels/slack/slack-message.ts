import { distinctTexts } from '../../message/alert-lines.ts'
import { type MessageContent, contentOf } from '../../message/message-content.ts'
import type { Notice } from '../../message/notice.ts'
import { moreLine, plainText } from '../../message/plain-text.ts'

/** A part of a Slack message. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: true } }
  | { readonly type: 'section'; readonly text: { readonly type: 'mrkdwn'; readonly text: string } }

/** What Slack's `chat.postMessage` and incoming webhooks take. */
export interface SlackMessage {
  /** Shown in notifications and read aloud. */
  readonly text: string
  readonly blocks: readonly SlackBlock[]
}

/** Slack refuses more (50 blocks, 3,000 a section, 150 a header, about 13,200 in all, which it documents nowhere). */
const most = {
  header: 150,
  section: 2_900,
  lines: 4_000,
  line: 1_400,
  facts: 2_000,
  links: 2_000,
  url: 1_000,
  text: 600,
  plain: 3_900,
} as const

/** The notice as Slack blocks, at most 12,000 characters in all. */
export function slackMessage(notice: Notice): SlackMessage {
  const story = contentOf(notice)
  const headline = `${story.status} - ${story.subject}`
  const { firstStep } = story
  const lead = story.paragraphs.join(' ')
  return {
    text: slackText(lead === '' ? headline : `${headline}. ${lead}`, most.text),
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: slackText(`${emojiOf(notice)} ${headline}`, most.header), emoji: true },
      },
      ...[
        slackText(story.paragraphs.join('\n\n'), most.section),
        cutLines(
          story.facts.map(({ name, value }) => `*${slackText(name, 60)}:* ${slackText(value, 300)}`),
          most.facts,
        ),
        firstStep === undefined ? '' : `*What to do first:* ${slackLink(firstStep.words, firstStep.link.url)}`,
        ...alertSections(story),
        cutLines(
          story.links.map(({ name, url }) => slackLink(name, url)),
          most.links,
          ' | ',
        ),
      ].flatMap(section),
    ],
  }
}

/** The notice as one plain text: what is sent when Slack does not like the blocks. */
export function slackPlainText(notice: Notice): string {
  return slackText(plainText(notice).text.trim(), most.plain)
}

function section(text: string): SlackBlock[] {
  return text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text } }]
}

/** All lines: with many alerts each has less room, since a message that names all of them is worth more than long lines. */
function alertSections({ alerts, moreAlerts }: MessageContent): string[] {
  const room = Math.min(most.line, Math.floor(most.lines / Math.max(alerts.length, 1)) - '- \n'.length)
  const lines = [...distinctTexts(alerts, (line) => slackText(line, room)).map((text) => `- ${text}`), ...moreLine(moreAlerts)]
  const half = lines.join('\n').length > most.section ? Math.ceil(lines.length / 2) : lines.length
  return [lines.slice(0, half).join('\n'), lines.slice(half).join('\n')]
}

/** As many whole lines as fit. */
function cutLines(lines: readonly string[], room: number, separator = '\n'): string {
  let text = ''
  for (const line of lines) {
    const longer = text === '' ? line : `${text}${separator}${line}`
    if (longer.length > room) break
    text = longer
  }
  return text
}

/** Within `<...>` an ampersand is written as everywhere; the rest of the address is percent-encoded already. */
function slackLink(name: string, url: string): string {
  const address = url.replaceAll('&', '&amp;')
  // the bar stands between address and words
  const words = slackText(name.replaceAll('|', '/'), 100)
  return address.length > most.url ? words : `<${address}|${words}>`
}

function emojiOf({ kind, severity }: Notice): string {
  if (kind === 'resolved' || kind === 'summary') return ':large_green_circle:'
  if (kind === 'drill') return ':test_tube:'
  return { critical: ':red_circle:', warning: ':large_yellow_circle:', info: ':large_blue_circle:' }[severity]
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * Text that is only text to Slack (`<!channel>` and `<@U1>` reach nobody), at most `most` characters after escaping, cut between
 * characters and never inside an entity.
 */
export function slackText(text: string, most: number): string {
  const pieces: string[] = []
  let length = 0
  // where to end if it does not fit: three dots need their room
  let endsAt = 0
  for (const character of text) {
    const piece = entities[character] ?? character
    if (length + piece.length > most) return `${pieces.slice(0, endsAt).join('')}${'...'.slice(0, most)}`
    pieces.push(piece)
    length += piece.length
    if (length <= most - 3) endsAt = pieces.length
  }
  return pieces.join('')
}
