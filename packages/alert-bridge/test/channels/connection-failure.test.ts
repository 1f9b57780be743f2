import { expect, test } from 'vitest'

import { connectionFailure, isCertificateProblem } from '../../src/channels/request-failure.ts'

const coded = (code: unknown, message = 'told', cause?: unknown): Error =>
  Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code })

test('a connection that did not come about cannot have carried anything', () => {
  const codes = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']
  for (const code of [...codes, 'UND_ERR_CONNECT_TIMEOUT']) {
    expect(connectionFailure(coded(code), true)).toStrictEqual({ kind: 'retry', reason: `told (${code})` })
  }
})

test('a broken connection may have delivered the message if it had been sent', () => {
  const broke = { kind: 'retry', reason: 'told (ECONNRESET)' }
  expect(connectionFailure(coded('ECONNRESET'), true)).toStrictEqual({ ...broke, unknown: true })
  expect(connectionFailure(coded('ECONNRESET'), false)).toStrictEqual(broke)
  expect(connectionFailure(new Error('told'), true)).toStrictEqual({ kind: 'retry', reason: 'told', unknown: true })
})

test.each([
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'bad Certificate',
  'self-signed',
  'self signed',
  'unable to verify the first one',
  'unable to get issuer',
  'unable to get local issuer',
])('%j speaks of a certificate', (words) => {
  expect(isCertificateProblem(words)).toBe(true)
})

test('other trouble does not speak of a certificate', () => {
  expect(['unable to get through', 'ECONNRESET', 'signed off', ''].map(isCertificateProblem)).toEqual(Array(4).fill(false))
})

test('a refused certificate, reported by code or in words, needs a fix by the operator', () => {
  expect(connectionFailure(coded('CERT_HAS_EXPIRED', 'too old'), true)).toStrictEqual({
    kind: 'channel-down',
    reason: 'the certificate was refused: too old (CERT_HAS_EXPIRED)',
  })
  expect(connectionFailure(new Error('self-signed certificate'), false)).toMatchObject({ kind: 'channel-down' })
})

test('the reason is the innermost cause, of several the first', () => {
  const refused = coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1')
  const reason = 'connect ECONNREFUSED 127.0.0.1:1'
  expect(connectionFailure(new TypeError('fetch failed', { cause: refused }), true)).toEqual({ kind: 'retry', reason })
  const several = new AggregateError([refused, coded('ENETUNREACH')], 'all failed')
  expect(connectionFailure(new TypeError('fetch failed', { cause: several }), true)).toEqual({ kind: 'retry', reason })
  expect(connectionFailure(new AggregateError([], 'all failed'), false)).toEqual({ kind: 'retry', reason: 'all failed' })
  expect(connectionFailure(new Error('fetch failed', { cause: 'a text' }), false)).toEqual({
    kind: 'retry',
    reason: 'fetch failed',
  })
})

test('an error without a message is described by its code and name, and a value that is no error by its kind', () => {
  expect(connectionFailure(coded('EPIPE', ''), false)).toEqual({ kind: 'retry', reason: 'Error (EPIPE)' })
  expect(connectionFailure(coded(5), false)).toEqual({ kind: 'retry', reason: 'told' })
  expect(connectionFailure({}, false)).toEqual({ kind: 'retry', reason: 'connection failed' })
})
