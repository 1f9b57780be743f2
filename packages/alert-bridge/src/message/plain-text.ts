import { cutText } from './clean-text.ts'
import type { Notice } from './notice.ts'
import { contentOf, type MessageContent } from './message-content.ts'

/** A message as plain text. */
export interface PlainText {
  /** One line, at most 200 characters. */
  readonly subject: string
  /** At most 20,000 characters. */
  readonly text: string
}

/** The notice as a subject and a text for people. */
export function plainText(notice: Notice): PlainText {
  const story = contentOf(notice)
  return { subject: cutText(`[${story.status}] ${story.subject}`, 200), text: cutText(`${body(story)}\n`, 20_000) }
}

function body({ status, subject, paragraphs, facts, firstStep, alerts, moreAlerts, links }: MessageContent): string {
  const width = Math.max(0, ...facts.map(({ name }) => name.length)) + 1
  const lines = [...alerts.map(({ text }) => `- ${text}`), ...moreLine(moreAlerts)]
  return [
    `${status} - ${subject}`,
    ...paragraphs,
    facts.map(({ name, value }) => `${`${name}:`.padEnd(width)} ${value}`).join('\n'),
    firstStep === undefined ? '' : `What to do first\n  ${firstStep.words}\n  ${firstStep.link.url}`,
    lines.length === 0 ? '' : `Alerts\n${lines.join('\n')}`,
    links.length === 0 ? '' : `Links\n${links.map(({ name, url }) => `  ${name}: ${url}`).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** `+12 more`, or nothing. */
export function moreLine(count: number): string[] {
  return count > 0 ? [`+${count} more`] : []
}
