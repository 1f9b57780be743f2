import { domainToASCII } from 'node:url'

import { type Mailbox, readMailbox, type Severity } from '@swarmwatch/config'
import type { SendMailOptions } from 'nodemailer'

import { chartSize } from '../../charts/draw-chart.ts'
import { contentOf, moreLine, plainText } from '../../message/message-content.ts'
import { type Notice, type NoticeChart, statusWord } from '../../message/notice.ts'
import { toneOf } from '../../message/notice-tone.ts'
import type { Delivery } from '../channel.ts'
import { wireId } from '../guarded-delivery.ts'

/** A mail that can be sent. Its Message-ID is fixed, so that a second attempt can be distinguished from a second mail. */
export type Mail = SendMailOptions & { readonly messageId: string; readonly subject: string }

/** The mail for one recipient. Addresses come from the settings only, never from labels. */
export function mailFor(delivery: Delivery, thread: MailThread | undefined, from: string, date: Date): Mail {
  const { notice } = delivery
  const { subject, text } = plainText(notice)
  const sender = mailboxOf(from)
  const recipient = mailboxOf(delivery.recipient)
  // an id that is not ASCII would be encoded, and no program finds the mail that it answers
  const domain = domainToASCII(sender.address.split('@').at(-1) ?? '') || 'localhost'
  const isUrgent = notice.severity === 'critical' && ['firing', 'repeat', 'escalation', 'meta'].includes(notice.kind)
  return {
    messageId: `<${wireId(delivery.id)}@${domain}>`,
    // the sender's name contains the current state, because the subject must not change within a thread
    from: { name: `${sender.name || 'Swarmwatch'} (${statusWord(notice).toLowerCase()})`, address: sender.address },
    to: recipient,
    envelope: { from: sender.address, to: [recipient.address] },
    subject: thread === undefined ? subject : `Re: ${thread.subject}`,
    ...(thread === undefined ? {} : { inReplyTo: thread.root, references: [thread.root] }),
    date,
    text,
    html: html(notice),
    ...(notice.chart && { attachments: [chartPart(notice.chart)] }),
    ...(isUrgent ? { priority: 'high' } : {}),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Id': `Swarmwatch alerts <swarmwatch.${domain}>`,
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

function mailboxOf(text: string): Mailbox {
  return readMailbox(text) ?? { name: '', address: text.trim() }
}

/** The first mail of an incident, which later ones answer. */
export interface MailThread {
  /** Its Message-ID, with angle brackets. */
  readonly root: string
  /** Its subject; some mail programs (Gmail) group only mails with the same one. */
  readonly subject: string
}

/** Reads a stored thread; undefined for anything else. */
export function mailThread(stored: unknown): MailThread | undefined {
  const { root, subject } = (stored ?? {}) as Partial<MailThread>
  return typeof root === 'string' && typeof subject === 'string' && /^<[^\s<>]+>$/.test(root) ? { root, subject } : undefined
}

const colours: Readonly<Record<Severity | 'over', string>> = {
  critical: '#b3261e',
  warning: '#8a5a00',
  info: '#1f5fa8',
  over: '#1e7a3c',
}
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Content-ID of the chart. */
const chartId = 'chart@swarmwatch'

/** The chart as a part of the mail that its HTML shows. */
function chartPart({ png }: NoticeChart): NonNullable<SendMailOptions['attachments']>[number] {
  const content = Buffer.from(png)
  return { filename: 'chart.png', content, contentType: 'image/png', contentDisposition: 'inline', cid: chartId }
}

/** The notice as the HTML part of a mail: no scripts, no images but the chart in the mail itself; nothing is loaded from anywhere. */
export function html(notice: Notice): string {
  const { status, subject, paragraphs, facts, firstStep, alerts, moreAlerts, links } = contentOf(notice)
  const colour = colours[toneOf(notice)]
  const rows = facts.map(
    ({ name, value }) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#555">${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`,
  )
  const lines = [...alerts.map(({ text }) => text), ...moreLine(moreAlerts)].map((line) => `<li>${escapeHtml(line)}</li>`)
  const anchors = links.map(({ name, url }) => `<li>${anchor(url, name)}</li>`)
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title></title></head>',
    '<body style="font:16px/1.5 sans-serif;color:#1b1b1b;max-width:42em">',
    `<h1 style="font-size:20px;color:${colour}">${escapeHtml(`${status} - ${subject}`)}</h1>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>`),
    ...(notice.chart === undefined ? [] : [chartImage(notice.chart)]),
    ...block('<table style="border-collapse:collapse">', rows, '</table>'),
    ...(firstStep === undefined
      ? []
      : [`<p><strong>What to do first</strong><br>${anchor(firstStep.link.url, firstStep.words)}</p>`]),
    ...block('<p><strong>Alerts</strong></p><ul>', lines, '</ul>'),
    ...block('<p><strong>Links</strong></p><ul>', anchors, '</ul>'),
    '</body></html>',
    '',
  ].join('\n')
}

function chartImage({ text }: NoticeChart): string {
  const { width, height } = chartSize
  const style = 'max-width:100%;height:auto'
  return `<p><img src="cid:${chartId}" alt="${escapeHtml(text)}" width="${width}" height="${height}" style="${style}"></p>`
}

/** Escapes text for HTML, also within quotes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

function anchor(url: string, words: string): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(words)}</a>`
}

function block(open: string, rows: readonly string[], close: string): string[] {
  return rows.length === 0 ? [] : [open, ...rows, close]
}
