import { Secret } from '@swarmwatch/config'
import { test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { hideSecrets } from '../../src/channels/guarded-delivery.ts'
import { anyText } from '../message/any-notice.ts'

test('a secret is hidden in clear text, in base64 and percent-encoded', () => {
  const hide = hideSecrets([new Secret('pass word+1/2'), undefined])
  expect(hide(`a pass word+1/2 b ${Buffer.from('pass word+1/2').toString('base64')} c pass%20word%2B1%2F2 d`)).toBe(
    'a *** b *** c *** d',
  )
})

test('of an address the path, its longer parts and the values of its query are hidden too', () => {
  const hide = hideSecrets([new Secret('https://hooks.example.com/services/T0/B0/abcdefghij?key=0123456789')])
  expect(hide('POST /services/T0/B0/abcdefghij?key=0123456789 failed')).toBe('POST *** failed')
  expect(hide('no abcdefghij, no 0123456789 at hooks.example.com')).toBe('no ***, no *** at hooks.example.com')
})

test('an empty secret hides nothing', () => {
  expect(hideSecrets([new Secret('')])('as it is')).toBe('as it is')
})

property.prop([anyText])('whatever is said, it comes out as one line of ASCII of at most 300 characters', (text) => {
  expect(hideSecrets([new Secret('secret-word')])(`${text}secret-word${text}`)).toMatch(/^[\x20-\x7E]{0,300}$/)
})

test('the user and the password of an address are both hidden; a text that is no address is hidden only as a whole', () => {
  const hide = hideSecrets([
    new Secret('https://long-user:long-word@example.com/hook'),
    new Secret('git+https://x/part-of-a-path'),
  ])
  expect(hide('long-user long-word short example.com part-of-a-path')).toBe('*** *** short example.com part-of-a-path')
  expect(hide('git+https://x/part-of-a-path')).toBe('***')
})

test('parts of an address shorter than eight characters are words, not secrets', () => {
  const hide = hideSecrets([new Secret('HTTPS://example.com/seven77/eight888?a=1234567')])
  expect(hide('/seven77 eight888 1234567 example.com')).toBe('/seven77 *** 1234567 example.com')
  expect(hideSecrets([new Secret('https://example.com/a')])('GET /a and / from example.com')).toBe(
    'GET /a and / from example.com',
  )
})

test('an address is also hidden in its normalized form, and a path with and without its query', () => {
  const hide = hideSecrets([new Secret('https://EXAMPLE.com/token-12345?k=1')])
  expect(hide('https://example.com/token-12345?k=1')).toBe('***')
  expect(hide('to /token-12345?k=1, to /token-12345, to token-12345')).toBe('to ***, to ***, to ***')
})

test('the path of an address is hidden from eight characters on, with http as with https', () => {
  const hide = hideSecrets([new Secret('http://example.com/token12')])
  expect(hide('POST /token12 said token12 to example.com')).toBe('POST *** said token12 to example.com')
})

test('a secret that is part of another leaves no rest of the longer one', () => {
  expect(hideSecrets([new Secret('secret'), new Secret('secret-and-more')])('say secret-and-more')).toBe('say ***')
})

test('base64 is found in both alphabets', () => {
  const secret = '>>>???>>>???'
  const forms = (['base64', 'base64url'] as const).map((form) => Buffer.from(secret).toString(form))
  expect(new Set(forms).size).toBe(2)
  expect(hideSecrets([new Secret(secret)])(forms.join(' '))).toBe('*** ***')
})

test('a reason is one line of ASCII; a reason of 300 characters is kept, a longer one is cut and ends in three dots', () => {
  const hide = hideSecrets([])
  expect(hide('  a\n\tb\u00E9\u0007~ ')).toBe('a b??~')
  expect(hide('x'.repeat(300))).toBe('x'.repeat(300))
  expect(hide('x'.repeat(301))).toBe(`${'x'.repeat(297)}...`)
})
