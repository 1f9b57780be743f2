import { test as property } from '@fast-check/vitest'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { markdownLink, markdownText } from '../../src/channels/markdown-text.ts'
import { anyText } from '../message/any-notice.ts'
import { nastyMarkup } from '../message/nasty-markup.ts'

/** The text without the characters that are escaped. */
const withoutEscaped = (text: string): string => text.replaceAll(/\\[^]/gu, '')

property.prop([anyText, fc.nat({ max: 300 })])('any text has at most the given length and no markup that works', (text, max) => {
  const shown = markdownText(text.toWellFormed(), max)
  expect(shown.length).toBeLessThanOrEqual(max)
  expect(withoutEscaped(shown)).not.toMatch(/[\\`*_~[\]<>|]/)
  expect(shown).not.toMatch(/(?:^|[^\p{L}\p{N}.])@[\p{L}\p{N}]/u)
  expect(shown).not.toMatch(/^[#+=-]/m)
})

test('mentions of Discord, Mattermost and Slack notify no one', () => {
  const shown = markdownText(nastyMarkup, 10_000)
  expect(shown).not.toMatch(/@(?:everyone|here|channel|all|alice)|<[@#!]/)
  expect(shown).toContain('@\u200Beveryone')
})

test('a mail address and an underscore in a name can still be read', () => {
  expect(markdownText('api_writer of ops@example.com', 100)).toBe(String.raw`api\_writer of ops@example.com`)
})

test('an address with brackets does not end its link', () => {
  expect(markdownLink('Runbook', 'https://example.com/a_(b)')).toBe('[Runbook](https://example.com/a_%28b%29)')
})
