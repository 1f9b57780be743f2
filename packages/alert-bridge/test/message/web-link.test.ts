import { expect, test } from 'vitest'

import { webLink } from '../../src/message/clean-text.ts'

test('an address of http or https is a link', () => {
  expect(webLink('https://example.com/a?b=c#d')).toBe('https://example.com/a?b=c#d')
  expect(webLink('http://127.0.0.1:9093')).toBe('http://127.0.0.1:9093/')
})

test('another scheme, an address with a login and a text that is no address are no link', () => {
  const others = [
    'javascript:alert(1)',
    'ftp://example.com/',
    'https://user@example.com/',
    'https://:word@example.com/',
    'example.com',
    '',
  ]
  expect(others.map(webLink)).toEqual(others.map(() => undefined))
})

test('an address under .invalid is no link', () => {
  expect(['http://prometheus.invalid/graph?g0.expr=up', 'http://alertmanager.INVALID:9093'].map(webLink)).toEqual([
    undefined,
    undefined,
  ])
  for (const other of ['http://invalid.example.com/', 'http://a.invalid.example.com/', 'http://example.com/a.invalid']) {
    expect(webLink(other)).toBe(other)
  }
})

test('the id of a container is no link, a host that only begins or ends like one is', () => {
  expect(webLink('http://0123456789ab:9090/graph')).toBeUndefined()
  for (const host of ['0123456789ab.example.com', 'db-0123456789ab', '0123456789abc', '0123456789a']) {
    expect(webLink(`http://${host}/`)).toBe(`http://${host}/`)
  }
})

test('percent-encodes characters that could end an attribute, a tag or a Slack link', () => {
  expect(webLink('https://example.com/#|<>"\'`\\^{} ')).toBe('https://example.com/#%7C%3C%3E%22%27%60%5C%5E%7B%7D')
  expect(webLink("https://example.com/?a='b'|c")).toBe('https://example.com/?a=%27b%27%7Cc')
})

test('an address of 2,000 characters is a link; a longer one is not, even if only the encoding makes it longer', () => {
  const address = `https://example.com/${'a'.repeat(1_980)}`
  expect(webLink(address)).toBe(address)
  expect(webLink(`${address}a`)).toBeUndefined()
  expect(webLink(`https://example.com/${'|'.repeat(700)}`)).toBeUndefined()
  // shorter once it is normalized, but reading that much to find out is not worth it
  expect(webLink(`https://example.com/${'a/../'.repeat(500)}`)).toBeUndefined()
})
