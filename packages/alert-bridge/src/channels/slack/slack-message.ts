import { distinctTexts } from '../../message/alert-lines.ts'
import { escapedText, fittingLines } from '../../message/escaped-text.ts'
import { contentOf, type MessageContent, moreLine, plainText } from '../../message/message-content.ts'
import type { Notice, NoticeButton } from '../../message/notice.ts'
import { toneOf } from '../../message/notice-tone.ts'

/** A part of a Slack message. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: true } }
  | { readonly type: 'section'; readonly text: { readonly type: 'mrkdwn'; readonly text: string } }

/** A row of buttons. */
export interface SlackActions {
  readonly type: 'actions'
  readonly elements: readonly SlackButton[]
}

/** A button; without `url`, Slack reports the click to the bridge. */
interface SlackButton {
  readonly type: 'button'
  readonly action_id: NoticeButton['action']
  readonly text: { readonly type: 'plain_text'; readonly text: string }
  readonly value: string
  readonly url?: string
  readonly style?: 'primary'
}

/** Body of Slack's `chat.postMessage` and incoming webhooks. */
export interface SlackMessage {
  /** Used by notifications and screen readers. */
  readonly text: string
  readonly blocks: readonly SlackBlock[]
}

/** Slack refuses more (50 blocks, 3,000 a section, 150 a header, about 13,200 in all, which it documents nowhere). */
const max = {
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
  const mentions = mentionsOf(notice)
  return {
    text: `${mentions}${slackText(lead === '' ? headline : `${headline}. ${lead}`, max.text)}`,
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: slackText(`${emojiOf(notice)} ${headline}`, max.header), emoji: true },
      },
      ...[
        `${mentions}${slackText(story.paragraphs.join('\n\n'), max.section)}`.trim(),
        fittingLines(
          story.facts.map(({ name, value }) => `*${slackText(name, 60)}:* ${slackText(value, 300)}`),
          max.facts,
        ),
        firstStep === undefined ? '' : `*What to do first:* ${slackLink(firstStep.words, firstStep.link.url)}`,
        ...alertSections(story),
        fittingLines(
          story.links.map(({ name, url }) => slackLink(name, url)),
          max.links,
          { separator: ' | ' },
        ),
      ].flatMap(section),
    ],
  }
}

const buttonTexts = { ack: 'Acknowledge', silence: 'Silence ...', resolve: 'Resolve' } as const

/** The block with the buttons of a notice, if it has any: at most 300 characters for each value. */
export function slackButtons({ buttons = [] }: Notice): SlackActions[] {
  if (buttons.length === 0) return []
  const elements = buttons.map(({ action, value, url }): SlackButton => ({
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: buttonTexts[action] },
    value,
    ...(url !== undefined && { url }),
    ...(action === 'ack' && { style: 'primary' }),
  }))
  return [{ type: 'actions', elements }]
}

/** The notice as plain text, for a message whose blocks Slack refuses. */
export function slackPlainText(notice: Notice): string {
  return `${mentionsOf(notice)}${slackText(plainText(notice).text.trim(), max.plain)}`
}

/** At most this many people are mentioned: a block has room for about 3,000 characters. */
const maxMentions = 5

/** Mentions the people of a step of the escalation, who are notified by it. Their ids come from the settings. */
function mentionsOf({ escalation }: Notice): string {
  const ids = (escalation?.mentions ?? []).filter((id) => /^[USW][A-Z0-9]{1,20}$/.test(id)).slice(0, maxMentions)
  return ids.map((id) => (id.startsWith('S') ? `<!subteam^${id}> ` : `<@${id}> `)).join('')
}

function section(text: string): SlackBlock[] {
  return text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text } }]
}

/** All lines. With many alerts each line is shorter, because a message that names all of them is worth more than long lines. */
function alertSections({ alerts, moreAlerts }: MessageContent): string[] {
  const room = Math.min(max.line, Math.floor(max.lines / Math.max(alerts.length, 1)) - '- \n'.length)
  const lines = [...distinctTexts(alerts, (line) => slackText(line, room)).map((text) => `- ${text}`), ...moreLine(moreAlerts)]
  const half = lines.join('\n').length > max.section ? Math.ceil(lines.length / 2) : lines.length
  return [lines.slice(0, half).join('\n'), lines.slice(half).join('\n')]
}

/** Within `<...>` an ampersand is written as everywhere; the rest of the address is percent-encoded already. */
function slackLink(name: string, url: string): string {
  const address = url.replaceAll('&', '&amp;')
  // the bar separates address and text
  const words = slackText(name.replaceAll('|', '/'), 100)
  return address.length > max.url ? words : `<${address}|${words}>`
}

const dots = {
  over: ':large_green_circle:',
  critical: ':red_circle:',
  warning: ':large_yellow_circle:',
  info: ':large_blue_circle:',
} as const

function emojiOf(notice: Notice): string {
  return notice.kind === 'drill' ? ':test_tube:' : dots[toneOf(notice)]
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * Escapes text for Slack (`<!channel>` and `<@U1>` notify no one), at most `max` characters after escaping, cut between
 * characters and never inside an entity.
 */
export function slackText(text: string, max: number): string {
  return escapedText(text, max, { escape: (character) => entities[character] ?? character })
}
