import { test } from '@fast-check/vitest'
import { expect } from 'vitest'

import { html } from '../../src/channels/email/mail.ts'
import { slackMessage, slackPlainText, slackText } from '../../src/channels/slack/slack-message.ts'
import { webhookBody } from '../../src/channels/webhook/webhook-body.ts'
import { webLink } from '../../src/message/clean-text.ts'
import { plainText } from '../../src/message/message-content.ts'
import { anyNotice, anyText } from './any-notice.ts'

/** Controls but line feed, direction marks, half characters. */
// eslint-disable-next-line no-control-regex
const unfit = /[\0-\x08\x0B-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069\u200E\u200F]/

test.prop([anyNotice])('any notice is a mail with a short subject of one line and a bounded text', (notice) => {
  const { subject, text } = plainText(notice)
  expect(subject).toMatch(/^\[[A-Z ]+\] .+$/)
  expect(Array.from(subject).length).toBeLessThanOrEqual(200)
  expect(Array.from(text).length).toBeLessThanOrEqual(20_000)
  for (const part of [subject, text]) expect([part.isWellFormed(), unfit.test(part)]).toEqual([true, false])
})

test.prop([anyNotice])('any notice is HTML with no element or attribute of its own', (notice) => {
  const page = html(notice)
  const ours =
    /<\/?(?:!doctype|html|head|meta|title|body|h1|p|br|table|tr|td|strong|ul|li|a)(?: (?:lang|charset|style)="[^"]*")*(?: href="https?:\/\/[^"'<>\s]*")?(?: html)?>/g
  expect(page.replaceAll(ours, '')).not.toMatch(/[<>]/)
  expect(page.length).toBeLessThanOrEqual(200_000)
  expect([page.isWellFormed(), unfit.test(page)]).toEqual([true, false])
})

test.prop([anyNotice])('any notice is a Slack message within all limits and without mentions', (notice) => {
  const { text, blocks } = slackMessage(notice)
  expect(blocks.length).toBeLessThanOrEqual(50)
  for (const { type, text: part } of blocks) {
    expect(part.text.length).toBeGreaterThan(0)
    expect(part.text.length).toBeLessThanOrEqual(type === 'header' ? 150 : 3_000)
  }
  const all = blocks.map((block) => block.text.text)
  expect(all.join('').length).toBeLessThanOrEqual(12_000)
  expect(text.length).toBeLessThanOrEqual(3_000)
  for (const part of [text, slackPlainText(notice), ...all]) {
    expect(part.isWellFormed()).toBe(true)
    // everything in angle brackets is one of our links; every ampersand begins an entity
    const rest = part.replaceAll(/<https?:\/\/[^<>|\s]+\|[^<>|]+>/g, '')
    expect(rest).not.toMatch(/[<>]/)
    expect(rest).not.toMatch(/&(?!amp;|lt;|gt;)/)
  }
})

test.prop([anyNotice])('any notice is JSON of a custom webhook under 1 MB that reads back the same', (notice) => {
  const body = webhookBody(notice, 'delivery-1')
  const json = JSON.stringify(body)
  expect(json.length).toBeLessThan(1_000_000)
  expect(json.isWellFormed()).toBe(true)
  expect(JSON.parse(json)).toEqual(body)
  expect(body.alerts.length + body.truncatedAlerts).toBe(notice.alerts.length + (notice.truncatedAlerts ?? 0))
})

test.prop([anyText])('escaping for Slack loses nothing of a text that fits', (text) => {
  const escaped = slackText(text, Infinity)
  expect(escaped.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toBe(text)
})

test.prop([anyText])('a link is http or https, without a login and without characters that end a bracket or a quote', (text) => {
  for (const url of [text, `https://example.com/${text}`, `http://${text}`]) {
    const link = webLink(url)
    if (link !== undefined) expect(link).toMatch(/^https?:\/\/[^\s<>|"'`]+$/)
  }
})
