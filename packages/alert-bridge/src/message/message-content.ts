import { severities } from '@swarmwatch/config'

import {
  affectedAgents,
  affectedAlerts,
  affectedThings,
  annotationFacts,
  labelFacts,
  listed,
  sentences,
  sharedAnnotation,
  type Fact,
} from './alert-facts.ts'
import { type AlertLine, alertLines } from './alert-lines.ts'
import { cleanLine, cleanText, cutText } from './clean-text.ts'
import { type Link, noticeLinks } from './notice-links.ts'
import { localTime, noticeTimes, readableDuration } from './notice-times.ts'
import { ownWords } from './own-words.ts'
import { type Notice, type NoticeAlert, type NoticeKind, statusWord } from './notice.ts'

/** The first step for the reader, and its link. */
export interface FirstStep {
  readonly words: string
  readonly link: Link
}

/** The content of a message, which every format shows in this order. The text is clean, but not escaped. */
export interface MessageContent {
  /** `CRITICAL`, `STILL CRITICAL`, `RESOLVED`, ... */
  readonly status: string
  /** Title and affected agents or things, the same for all notices of an incident while those do not change: `AgentSlowResponses: writer`. */
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly facts: readonly Fact[]
  readonly firstStep: FirstStep | undefined
  /** One line for each of several alerts, and the number of alerts that are not listed. */
  readonly alerts: readonly AlertLine[]
  readonly moreAlerts: number
  /** All links except that of the first step. */
  readonly links: readonly Link[]
}

/** The content of the message about a notice. */
export function contentOf(notice: Notice): MessageContent {
  const links = noticeLinks(notice)
  const first = firstStep(notice, links)
  const own = ownWords(notice)
  return {
    status: statusWord(notice),
    subject: own.title ?? subjectOf(notice),
    paragraphs: [
      ...escalationLines(notice),
      ...(own.text === undefined ? [opening(notice), ...explanation(notice)].flatMap((text) => text ?? []) : [own.text]),
    ],
    facts: noticeFacts(notice),
    firstStep: first,
    ...alertLines(notice),
    links: links.filter((link) => link !== first?.link),
  }
}

function subjectOf(notice: Notice): string {
  const title = cleanLine(notice.title, 120) || 'Alert'
  if (notice.incidents !== undefined) return title
  const agents = affectedAgents(notice)
  const which = (agents.length > 0 ? agents : affectedThings(notice)).filter((name) => !title.includes(name))
  return which.length === 0 || notice.kind === 'digest' ? title : `${title}: ${listed(which, 2)}`
}

function opening(notice: Notice): string | undefined {
  const { kind, alerts, truncatedAlerts = 0, heldBack = 0 } = notice
  const { lastedSeconds } = noticeTimes(notice)
  const count = alerts.length + truncatedAlerts
  switch (kind) {
    case 'repeat':
      return 'This is still firing.'
    case 'acknowledged':
      return acknowledgement(notice)
    case 'resolved':
      if (notice.resolvedBy !== undefined) {
        const duration = lastedSeconds === undefined ? '' : ` It lasted ${readableDuration(lastedSeconds)}.`
        return `${cleanLine(notice.resolvedBy, 80) || 'Someone'} has marked this as resolved.${duration}`
      }
      return lastedSeconds === undefined ? 'This is resolved.' : `This is resolved. It lasted ${readableDuration(lastedSeconds)}.`
    case 'summary':
      return `While this channel could not be reached, ${count === 1 ? 'an alert fired and was resolved. It is not firing now.' : `${count} alerts fired and were resolved. None of them is firing now.`}`
    case 'digest':
      return `More alerts arrived than this channel sends one by one; this is a digest.${heldBack === 0 ? '' : ` ${heldBack} ${heldBack === 1 ? 'message was' : 'messages were'} held back.`}`
    case 'drill':
      return 'This is a test of the alert channels. Nothing is broken and there is nothing to do.'
    case 'meta':
      return 'This message is about the alert bridge itself.'
    default:
      return undefined
  }
}

function acknowledgement({ acknowledgedBy = '', silencedUntil, style }: Notice): string {
  const who = cleanLine(acknowledgedBy, 80) || 'Someone'
  const until = localTime(silencedUntil, style?.timeZone)
  return until === undefined
    ? `${who} has acknowledged this. It is still firing.`
    : `${who} has silenced this until ${until}. It is still firing.`
}

/** At most this many earlier steps are named, the last ones. */
const maxStepsBefore = 5

/** Which step this is, who was notified before, and how to end the escalation. */
function escalationLines({ kind, escalation, incidents, style = {} }: Notice): string[] {
  if (escalation === undefined || kind !== 'escalation') return []
  const { number, of, round, who, before, problem } = escalation
  const what = incidents === undefined ? 'this' : `these ${incidents.length} incidents`
  const again = round === 0 ? '' : `, repetition ${round}`
  const earlier = before
    .slice(-maxStepsBefore)
    .map((step) => `${cleanLine(step.who, 120)} at ${localTime(step.at, style.timeZone) ?? 'an unknown time'}`)
  return [
    `No one has acknowledged ${what}. Step ${number} of ${of}${again}: ${cleanLine(who, 160)}.`,
    ...(problem === undefined ? [] : [`Problem: ${cleanLine(problem, 300)}.`]),
    ...(earlier.length === 0 ? [] : [`Notified before: ${earlier.join(', ')}.`]),
    incidents === undefined ? 'Acknowledge it to stop the escalation.' : 'Acknowledge each of them to stop its escalation.',
  ]
}

/** The annotations that all alerts share; the lines of the alerts show those that differ. */
function explanation({ kind, text, alerts }: Notice): string[] {
  const texts = [text, ...described(kind, alerts)].map((each) => cleanText(each ?? '', 1_200)).filter((each) => each !== '')
  // a summary such as `SwarmTooBusy: too many runs` contains the description
  return [...new Set(texts)].filter((one) => !texts.some((other) => other.includes(`: ${one}`)))
}

function described(kind: NoticeKind, alerts: readonly NoticeAlert[]): (string | undefined)[] {
  if (kind === 'digest' || kind === 'summary') return []
  const shared = sentences.map((key) => sharedAnnotation(alerts, key))
  if (kind !== 'resolved') return shared
  // a resolved alert must not read as if it still fired
  const [first] = shared.filter((text) => text)
  return [first && `What was wrong: ${first}`]
}

function firstStep({ kind }: Notice, links: readonly Link[]): FirstStep | undefined {
  const [link] = links.filter(({ name }) => !actionLinks.has(name.replace(/ \d+$/, '')))
  if (link === undefined || !['firing', 'repeat', 'escalation', 'meta'].includes(kind)) return undefined
  return { words: link.name === 'Runbook' ? 'Follow the runbook' : `Start with: ${link.name}`, link }
}

/** These change the incident: nothing to start with. */
const actionLinks: ReadonlySet<string> = new Set(['Acknowledge', 'Silence', 'Resolve'])

/** Affected agents and things, severity, times, number of alerts, and shared annotations; unknown facts are left out. */
function noticeFacts(notice: Notice): Fact[] {
  const { startedAt, endedAt, lastedSeconds } = noticeTimes(notice)
  const agents = affectedAgents(notice)
  const own: [string, string | undefined][] = [
    [agents.length > 1 ? 'Agents' : 'Agent', agents.length === 0 ? undefined : listed(agents)],
    ['Severity', severityText(notice)],
    [sinceWord(notice), localTime(startedAt, notice.style?.timeZone)],
    ['Ended', localTime(endedAt, notice.style?.timeZone)],
    ['Lasted', lastedSeconds === undefined ? undefined : readableDuration(lastedSeconds)],
    ['Alerts', alertCount(notice)],
    ['Held back', notice.heldBack === undefined || notice.heldBack === 0 ? undefined : `${notice.heldBack}`],
    ['Execution ids', listed((notice.executionIds ?? []).map((id) => cleanLine(id, 80))) || undefined],
  ]
  const [agent, ...rest] = own.map(([name, value]) => (value === undefined ? [] : [{ name, value }]))
  return [...agent!, ...labelFacts(notice), ...rest.flat(), ...annotationFacts(affectedAlerts(notice))]
}

/** `critical`, or `critical (P1)` if the alerts have their own word for it. */
function severityText(notice: Notice): string {
  const own = new Set(affectedAlerts(notice).map(({ labels }) => cleanLine(labels['severity'] ?? '', 40)))
  const [word = ''] = own
  const isOurs = word === '' || (severities as readonly string[]).includes(word.toLowerCase())
  return own.size === 1 && !isOurs ? `${notice.severity} (${word})` : notice.severity
}

function sinceWord({ kind }: Notice): string {
  if (kind === 'event' || kind === 'drill') return 'At'
  return kind === 'resolved' || kind === 'summary' ? 'Began' : 'Since'
}

function alertCount({ kind, incidents, alerts, truncatedAlerts = 0 }: Notice): string | undefined {
  if (alerts.length + truncatedAlerts === 0) return undefined
  const firing = alerts.filter(({ status }) => status === 'firing').length
  const resolved = alerts.length - firing
  // a message about several incidents contains only some of their alerts
  const isCombined = incidents !== undefined || kind === 'digest' || kind === 'summary'
  const parts = [
    firing > 0 && `${firing} firing`,
    resolved > 0 && `${resolved} resolved`,
    truncatedAlerts > 0 && `${truncatedAlerts} more${isCombined ? '' : ' that Alertmanager left out'}`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}

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
