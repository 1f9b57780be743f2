import { describe, expect, test } from 'vitest'

import type { Notice } from '../../src/message/notice.ts'
import { slackMessage } from '../../src/channels/slack/slack-message.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

const sectionsOf = (notice: Notice): string[] => slackMessage(notice).blocks.map((block) => block.text.text)

test('a message is a header with emoji and sections of markdown', () => {
  expect(slackMessage({ ...sampleNotices.drill, startedAt: 'some day' })).toEqual({
    text: 'DRILL - Drill. This is a test of the alert channels. Nothing is broken and there is nothing to do.',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: ':test_tube: DRILL - Drill', emoji: true } },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: 'This is a test of the alert channels. Nothing is broken and there is nothing to do.',
        },
      },
      { type: 'section', text: { type: 'mrkdwn', text: '*Severity:* critical' } },
    ],
  })
})

test('the notification text of a notice without more content is its headline', () => {
  const silent = sampleAlert('writer', { annotations: {} })
  expect(slackMessage({ ...sampleNotices.firing, alerts: [silent] }).text).toBe('CRITICAL - AgentErrorRateCritical: writer')
})

describe('the list of alerts', () => {
  const start = '- A - firing since 2026-11-24 02:13:05 UTC+00:00 - '
  /** The sections for alerts with lines of the given lengths, without their ends. */
  const sectionsFor = (lengths: readonly number[]): string[] => {
    const alerts = lengths.map((length, index) =>
      sampleAlert('', {
        labels: { alertname: 'A' },
        annotations: { summary: `${index}`.padEnd(length - start.length, 'x') },
      }),
    )
    return sectionsOf({ ...sampleNotices.repeat, alerts, truncatedAlerts: 0 }).filter((text) => text.startsWith(start))
  }
  const lineCounts = (...lengths: number[]): number[] => sectionsFor(lengths).map((text) => text.split('\n').length)
  const times = (count: number, length: number): number[] => Array<number>(count).fill(length)

  test('is one section up to 2,900 characters, beyond that two halves', () => {
    expect(lineCounts(249, ...times(11, 240))).toEqual([12])
    expect(lineCounts(250, ...times(11, 240))).toEqual([6, 6])
    expect(lineCounts(250, 250, ...times(11, 240))).toEqual([7, 6])
  })

  test('holds a line for each of twenty alerts, cut to what fits into 4,000 characters, and one that counts the others', () => {
    for (const length of [199, 250, 2_000]) {
      const lines = sectionsFor(times(20, length)).join('\n').split('\n')
      expect([lines.length, Math.max(...lines.map((line) => line.length))]).toEqual([20, 199])
    }
    expect(sectionsFor(times(23, 250)).at(-1)).toMatch(/\n\+3 more$/)
  })

  test('shows more of each alert when there are few', () => {
    expect(
      sectionsFor([3_000, 3_000])[0]!
        .split('\n')
        .map((line) => line.length),
    ).toEqual([451, 451])
    expect(
      sectionsFor(times(6, 3_000))[0]!
        .split('\n')
        .map((line) => line.length),
    ).toEqual(times(6, 251))
  })
})

describe('links', () => {
  const address = (length: number): string => `https://example.com/${'a'.repeat(length - 'https://example.com/'.length)}`
  const linksOf = (links: Readonly<Record<string, string>>): string | undefined =>
    sectionsOf({ ...sampleNotices.event, links }).at(-1)

  test('are shown as long as all of them fit into 2,000 characters', () => {
    const [one, other] = [address(994), address(995)]
    expect(linksOf({ a: one, b: other })).toBe(`<${one}|a> | <${other}|b>`)
    expect(linksOf({ a: one, b: `${other}a`, c: 'https://example.com/' })).toBe(`<${one}|a>`)
  })

  test('longer than 1,000 characters are only named', () => {
    expect(linksOf({ a: address(1_000) })).toBe(`<${address(1_000)}|a>`)
    expect(linksOf({ a: address(1_001) })).toBe('a')
  })

  test('keep the bar for the separator of address and name', () => {
    expect(linksOf({ 'a|b': 'https://example.com/?a&b' })).toBe('<https://example.com/?a&amp;b|a/b>')
  })
})
