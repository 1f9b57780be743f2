import { expect, test } from 'vitest'

import { slackText } from '../../src/channels/slack/slack-message.ts'

test('escapes all characters that have a meaning for Slack', () => {
  expect(slackText('<!channel> & <@U1>', 100)).toBe('&lt;!channel&gt; &amp; &lt;@U1&gt;')
})

test('a text that fits exactly is not cut, one that is longer ends in three dots and fits exactly', () => {
  expect(slackText('abcdef', 6)).toBe('abcdef')
  expect(slackText('abcdefg', 6)).toBe('abc...')
  expect(slackText('abc', 3)).toBe('abc')
  expect(slackText('abcd', 3)).toBe('...')
  expect(slackText('abcd', 2)).toBe('..')
})

test('neither an entity nor a character is cut in half', () => {
  expect(slackText('ab&cdef', 9)).toBe('ab...')
  expect(slackText('ab&cdef', 10)).toBe('ab&amp;...')
  expect(slackText('ab&cdef', 11)).toBe('ab&amp;cdef')
  expect(slackText('a\u{1F600}bcd', 5)).toBe('a...')
})
