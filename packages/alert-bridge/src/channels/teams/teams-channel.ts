import type { ChannelOf } from '@swarmwatch/config'

import { distinctTexts } from '../../message/alert-lines.ts'
import { contentOf, type MessageContent, moreLine } from '../../message/message-content.ts'
import type { Notice } from '../../message/notice.ts'
import { toneOf } from '../../message/notice-tone.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { openHttpChannel } from '../http-channel.ts'
import type { JsonAnswer } from '../post-json.ts'
import { messageFailure } from '../request-failure.ts'
import { isAccepted } from '../webhook-answer.ts'

/** Settings of a Microsoft Teams channel. */
export interface TeamsChannelSettings extends Pick<ChannelOf<'teams'>, 'name' | 'webhook'> {
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/**
 * Posts adaptive cards to a workflow of Microsoft Teams, one at a time. A card that Teams refuses is sent again with the headline and
 * the first link only.
 */
export function openTeamsChannel(settings: TeamsChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { name, webhook, timeoutMs } = settings
  // Microsoft throttles a webhook above four requests per second
  const limits = { perSecond: 2, burst: 4 }
  return openHttpChannel({ name, limits, secrets: [webhook], timeoutMs }, dependencies, (exchange) => {
    const post = (body: TeamsMessage, signal: AbortSignal): Promise<DeliveryResult> =>
      exchange<DeliveryResult>({ url: webhook.reveal(), body }, signal, (answer, now) =>
        isAccepted(answer, JSON.stringify(body)) ? { kind: 'delivered' } : teamsFailure(answer, now),
      )
    return async ({ notice }, signal) => {
      const result = await post(teamsMessage(notice), signal)
      return result.kind === 'undeliverable' ? post(shortTeamsMessage(notice), signal) : result
    }
  })
}

/** Error codes of Power Automate in a 400: the workflow is turned off or deleted, or accepts only users of the tenant. */
const workflowErrors = /^(?:Workflow|Flow|DirectApi|Trigger)\w*(?:NotEnabled|Disabled|NotFound|Suspended|Required|Forbidden)$/

/** Connectors answer 200 also when Teams refused the card, and name the status in a sentence. */
const statusInText = /\bHTTP (?:error|status)(?: code)?:? ([45]\d\d)\b/i

/** Microsoft asks for another attempt after this status, as after a 429. */
const preconditionFailed = 412

/** Result for a response other than success. */
function teamsFailure(answer: JsonAnswer, now: Date): DeliveryResult {
  const status = answer.status < 300 ? Number(statusInText.exec(answer.text)?.[1] ?? 500) : answer.status
  const failure = messageFailure({ ...answer, status }, now, 'Teams')
  const { code } = (answer.json['error'] ?? {}) as { readonly code?: unknown }
  if (typeof code === 'string' && workflowErrors.test(code)) return { kind: 'channel-down', reason: failure.reason }
  if (status === preconditionFailed) return { kind: 'retry', reason: failure.reason }
  return failure
}

/** Message with one adaptive card, as workflows and connectors accept it. */
export interface TeamsMessage {
  readonly type: 'message'
  /** Shown in notifications. */
  readonly summary: string
  readonly attachments: readonly [{ readonly contentType: string; readonly contentUrl: null; readonly content: AdaptiveCard }]
}

/** The part of the schema of adaptive cards that messages use. */
export interface AdaptiveCard {
  readonly $schema: string
  readonly type: 'AdaptiveCard'
  readonly version: '1.4'
  readonly msteams: { readonly width: 'Full' }
  readonly body: readonly CardElement[]
}

type CardElement = TextElement | { readonly type: 'ActionSet'; readonly actions: readonly OpenUrlAction[] }

/** Text without Markdown: unlike a TextBlock or a FactSet, a TextRun shows its text as it is, so nothing needs to be escaped. */
interface TextElement {
  readonly type: 'RichTextBlock'
  readonly spacing: 'None' | 'Medium'
  readonly inlines: readonly TextRun[]
}

interface TextRun {
  readonly type: 'TextRun'
  readonly text: string
  readonly weight?: 'Bolder'
  readonly size?: 'Large'
  readonly color?: 'Attention' | 'Warning' | 'Accent' | 'Good'
}

interface OpenUrlAction {
  readonly type: 'Action.OpenUrl'
  readonly title: string
  readonly url: string
}

/**
 * Bytes for each part, as {@link storedBytes} counts them. The sum stays below 21,000: Microsoft documents 28 KB for a message, to which
 * a workflow adds its own text, and others have seen refusals from 21 KB on. A workflow answers 202 before Teams refuses a card, so no
 * answer reports that a card was too large.
 */
const maxBytes = {
  headline: 800,
  paragraphs: 4_000,
  facts: 3_500,
  alerts: 6_500,
  alert: 1_200,
  line: 2_000,
  actions: 4_500,
} as const
/** Teams shows six buttons of a set; more need another set. */
const actionsInSet = 6

/** The notice as an adaptive card. */
export function teamsMessage(notice: Notice): TeamsMessage {
  const story = contentOf(notice)
  const { paragraphs, facts, firstStep, links } = story
  const actions = (firstStep === undefined ? [] : [openUrl(firstStep.words, firstStep.link.url)]).concat(
    links.map(({ name, url }) => openUrl(name, url)),
  )
  const lines = paragraphs.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(plainLine),
  )
  return messageWith(notice, story, [
    ...withSpaceAbove(fittingText(lines, maxBytes.paragraphs)),
    ...withSpaceAbove(
      fittingText(
        facts.map(({ name, value }) => factLine(name, value)),
        maxBytes.facts,
      ),
    ),
    ...withSpaceAbove(alertElements(story)),
    ...actionSets(fitting(actions, maxBytes.actions)),
  ])
}

/** The headline and the first link only, for a card that Teams refuses. */
function shortTeamsMessage(notice: Notice): TeamsMessage {
  const story = contentOf(notice)
  const [link] = [story.firstStep?.link, ...story.links].filter((one) => one !== undefined)
  return messageWith(notice, story, link === undefined ? [] : actionSets([openUrl(link.name, link.url)]))
}

function messageWith(notice: Notice, { status, subject }: MessageContent, elements: readonly CardElement[]): TeamsMessage {
  const headline = cutToBytes(`${status} - ${subject}`, maxBytes.headline)
  const title: TextElement = {
    type: 'RichTextBlock',
    spacing: 'None',
    inlines: [{ type: 'TextRun', text: headline, weight: 'Bolder', size: 'Large', color: colours[toneOf(notice)] }],
  }
  const content: AdaptiveCard = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [title, ...elements],
  }
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return { type: 'message', summary: headline, attachments: [{ contentType, contentUrl: null, content }] }
}

const colours = { over: 'Good', critical: 'Attention', warning: 'Warning', info: 'Accent' } as const

/** One element for each alert. With many alerts each line is shorter, because a message that names all of them is worth more. */
function alertElements({ alerts, moreAlerts }: MessageContent): TextElement[] {
  const overhead = storedBytes(plainLine('')) + '- ,'.length
  const room = Math.min(maxBytes.alert, Math.floor(maxBytes.alerts / Math.max(alerts.length, 1)) - overhead)
  const texts = distinctTexts(alerts, (line) => cutToBytes(line, room))
  return [...texts.map((text) => plainLine(`- ${text}`)), ...moreLine(moreAlerts).map(plainLine)]
}

function plainLine(text: string): TextElement {
  return { type: 'RichTextBlock', spacing: 'None', inlines: [{ type: 'TextRun', text: cutToBytes(text, maxBytes.line) }] }
}

function factLine(name: string, value: string): TextElement {
  const inlines: TextRun[] = [
    { type: 'TextRun', text: `${cutToBytes(name, 120)}: `, weight: 'Bolder' },
    { type: 'TextRun', text: cutToBytes(value, 600) },
  ]
  return { type: 'RichTextBlock', spacing: 'None', inlines }
}

function openUrl(title: string, url: string): OpenUrlAction {
  return { type: 'Action.OpenUrl', title: cutToBytes(title, 200), url }
}

function actionSets(actions: readonly OpenUrlAction[]): CardElement[] {
  return [actions.slice(0, actionsInSet), actions.slice(actionsInSet)]
    .filter((set) => set.length > 0)
    .map((set) => ({ type: 'ActionSet', actions: set }))
}

function withSpaceAbove([first, ...rest]: readonly TextElement[]): TextElement[] {
  return first === undefined ? [] : [{ ...first, spacing: 'Medium' }, ...rest]
}

/** The same as {@link fitting}, with three dots for what was left out. */
function fittingText(elements: readonly TextElement[], room: number): TextElement[] {
  const shown = fitting(elements, room)
  return shown.length === elements.length ? shown : [...shown, plainLine('...')]
}

/** Those of the elements, in order, whose JSON fits into `room` bytes together. */
function fitting<Element>(elements: readonly Element[], room: number): Element[] {
  let left = room
  return elements.filter((element) => {
    const bytes = storedBytes(element) + ','.length
    if (bytes > left) return false
    left -= bytes
    return true
  })
}

/** Bytes that a part of a card takes in Teams, which stores a card as a string in JSON: a quotation mark in a text takes four. */
function storedBytes(part: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(part))) - '""'.length
}

/** At most `room` bytes in Teams, cut between characters. Functions of adaptive cards, such as `{{DATE(...)}}`, become plain text. */
function cutToBytes(text: string, room: number): string {
  const characters = Array.from(text.replaceAll(/\{(?=\{)/g, '{ '))
  let bytes = 0
  let fits = 0
  for (const [index, character] of characters.entries()) {
    bytes += storedBytes(character) - String.raw`\"\"`.length
    if (bytes > room) return `${characters.slice(0, fits).join('')}...`
    if (bytes <= room - '...'.length) fits = index + 1
  }
  return characters.join('')
}
