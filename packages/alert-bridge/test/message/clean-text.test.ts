import { expect, test } from 'vitest'

import { cleanLine, cleanName, cleanText, cutText } from '../../src/message/clean-text.ts'

test('lines are kept, however they ended', () => {
  expect(cleanText('a\r\nb\rc\nd\u0085e\u2028f\u2029g', 100)).toBe('a\nb\nc\nd\ne\nf\ng')
})

test('removes invisible characters (controls, direction marks, tags) and keeps tabs and spaces within the text', () => {
  const unseen = [
    '\0',
    '\b',
    '\v',
    '\f',
    '\u000E',
    '\u001F',
    '\u007F',
    '\u009F',
    '\u061C',
    '\u200E',
    '\u200F',
    '\u202A',
    '\u202E',
  ]
  const more = ['\u2066', '\u2069', '\uFEFF', '\u{E0000}', '\u{E007F}']
  expect([...unseen, ...more].map((character) => cleanText(`a${character}b`, 100))).toEqual(Array(18).fill('ab'))
  expect(cleanText('  a\tb  c \n', 100)).toBe('a\tb  c')
})

test('half a character becomes the sign for it', () => {
  expect(cleanText('a\uD800b', 100)).toBe('a\uFFFDb')
})

test('as one line all white space is one blank', () => {
  expect(cleanLine('a \n\n b\t\tc', 100)).toBe('a b c')
  expect(cleanLine('a  b', 3)).toBe('...')
})

test('a text of the most characters is whole, a longer one ends in three dots within them', () => {
  expect(cutText('abcdef', 6)).toBe('abcdef')
  expect(cutText('abcdefg', 6)).toBe('abc...')
  expect(cutText('abcd', 2)).toBe('...')
})

test('a character counts once, whatever its number of bytes', () => {
  const face = '\u{1F600}'
  expect(cutText(face.repeat(6), 6)).toBe(face.repeat(6))
  expect(cutText(face.repeat(7), 6)).toBe(`${face.repeat(3)}...`)
})

test('removed characters make room for later ones, up to four times the length', () => {
  expect(cleanText(`${'\0'.repeat(30)}abc`, 10)).toBe('abc')
  expect(cleanText(`ab${'\0'.repeat(37)}cdef`, 10)).toBe('abc...')
  expect(cleanText(`ab${'\0'.repeat(38)}`, 10)).toBe('ab')
})

test('a name of the most characters is whole, a longer one loses its middle', () => {
  expect(cleanName('abcdefghi', 9)).toBe('abcdefghi')
  expect(cleanName('abcdefghij', 9)).toBe('abc...hij')
  expect(cleanName('abcdefghijk', 10)).toBe('abcd...ijk')
  expect(cleanName('\u{1F600}'.repeat(10), 9)).toBe(`${'\u{1F600}'.repeat(3)}...${'\u{1F600}'.repeat(3)}`)
})
