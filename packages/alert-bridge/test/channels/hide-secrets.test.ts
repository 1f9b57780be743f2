import { Secret } from '@swarmwatch/config'
import { test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { hideSecrets } from '../../src/channels/hide-secrets.ts'
import { anyText } from '../message/any-notice.ts'

test('a secret is hidden as it is, in base64 and percent-encoded', () => {
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
