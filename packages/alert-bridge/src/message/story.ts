import { affectedAgents, listed } from './affected-agents.ts'
import { alertLines } from './alert-lines.ts'
import { cleanLine, cleanText } from './clean-text.ts'
import { noticeFacts, type Fact } from './notice-facts.ts'
import { noticeLinks, type Link } from './notice-links.ts'
import type { Notice, NoticeAlert, NoticeKind } from './notice.ts'
import { statusWord } from './status-word.ts'
import { noticeTimes } from './notice-times.ts'
import { readableDuration } from './readable-duration.ts'

/** What to do first, and where. */
export interface FirstStep {
  readonly words: string
  readonly link: Link
}

/** A notice in words, clean but not escaped: what every format shows, in this order. */
export interface Story {
  /** `CRITICAL`, `STILL CRITICAL`, `RESOLVED`, ... */
  readonly status: string
  /** What it is about, the same for all notices of an incident as long as its agents are: `AgentSlowResponses: writer`. */
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly facts: readonly Fact[]
  readonly firstStep: FirstStep | undefined
  /** One line for each alert where there are several, and how many are not listed. */
  readonly alerts: readonly string[]
  readonly moreAlerts: number
  /** All but that of the first step. */
  readonly links: readonly Link[]
}

/** Tells a notice in words. */
export function storyOf(notice: Notice): Story {
  const links = noticeLinks(notice)
  const first = firstStep(notice, links)
  return {
    status: statusWord(notice),
    subject: subjectOf(notice),
    paragraphs: [opening(notice), ...explanation(notice)].flatMap((text) => text ?? []),
    facts: noticeFacts(notice),
    firstStep: first,
    ...alertLines(notice),
    links: links.filter((link) => link !== first?.link),
  }
}

function subjectOf(notice: Notice): string {
  const title = cleanLine(notice.title, 120) || 'Alert'
  const agents = affectedAgents(notice).filter((agent) => !title.includes(agent))
  return agents.length === 0 || notice.kind === 'digest' ? title : `${title}: ${listed(agents, 2)}`
}

function opening(notice: Notice): string | undefined {
  const { kind, alerts, truncatedAlerts = 0, heldBack = 0 } = notice
  const { lastedSeconds } = noticeTimes(notice)
  const count = alerts.length + truncatedAlerts
  switch (kind) {
    case 'repeat':
      return 'This is still going on.'
    case 'resolved':
      return lastedSeconds === undefined ? 'It is over.' : `It is over. It lasted ${readableDuration(lastedSeconds)}.`
    case 'summary':
      return `While this channel could not be reached, ${count === 1 ? 'an alert' : `${count} alerts`} fired and ended. Nothing of it is firing now.`
    case 'digest':
      return `More is happening than this channel takes one by one, so it is told together.${heldBack === 0 ? '' : ` ${heldBack} ${heldBack === 1 ? 'message was' : 'messages were'} held back.`}`
    case 'drill':
      return 'This is a test of the alert channels. Nothing is broken and there is nothing to do.'
    case 'meta':
      return 'The alert bridge reports about itself.'
    default:
      return undefined
  }
}

/** What the alerts say of themselves, where they all say the same; the lines tell where they differ. */
function explanation({ kind, text, alerts }: Notice): string[] {
  const summary = same(alerts, 'summary')
  const texts = [text, ...said(kind, summary, same(alerts, 'description'))]
    .map((each) => cleanText(each ?? '', 1_200))
    .filter((each) => each !== '')
  return [...new Set(texts)]
}

function said(kind: NoticeKind, summary: string | undefined, description: string | undefined): (string | undefined)[] {
  if (kind === 'digest' || kind === 'summary') return []
  // what is over must not read as if it went on
  if (kind === 'resolved') return [summary && `What was wrong: ${summary}`]
  return [summary, description]
}

function same(alerts: readonly NoticeAlert[], annotation: string): string | undefined {
  const first = alerts[0]?.annotations[annotation]
  return alerts.every(({ annotations }) => annotations[annotation] === first) ? first : undefined
}

function firstStep({ kind }: Notice, links: readonly Link[]): FirstStep | undefined {
  const [link] = links
  if (link === undefined || (kind !== 'firing' && kind !== 'repeat' && kind !== 'meta')) return undefined
  return { words: link.name === 'Runbook' ? 'Follow the runbook' : `Look here: ${link.name}`, link }
}
