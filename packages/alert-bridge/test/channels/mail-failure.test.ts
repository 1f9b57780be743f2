import { expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { mailFailure, refusal } from '../../src/channels/email/email-channel.ts'

interface ErrorFields {
  readonly code?: string
  readonly responseCode?: number
  readonly command?: string
  readonly rejectedErrors?: readonly unknown[]
}
const failure = (
  { message = 'the reason', ...more }: ErrorFields & { readonly message?: string },
  hasBegun = false,
): DeliveryResult => mailFailure(Object.assign(new Error(message), more), hasBegun)

test('a wrong login, encryption or setting prevents all mail', () => {
  for (const code of ['ETLS', 'EAUTH', 'ENOAUTH', 'EOAUTH2', 'EREQUIRETLS', 'ECONFIG']) {
    expect(failure({ code, message: 'not like this' })).toEqual({ kind: 'channel-down', reason: 'not like this' })
  }
  expect(failure({ code: 'EAUTH', responseCode: 535 }).kind).toBe('channel-down')
})

test('a server that cannot look up the password just now is asked again', () => {
  expect(failure({ code: 'EAUTH', responseCode: 454 })).toEqual({ kind: 'retry', reason: 'the reason' })
  expect(failure({ code: 'ETLS', responseCode: 454 }).kind).toBe('channel-down')
})

test('replies of 400 to 499, and 503, pass; others of 500 are about this mail', () => {
  const kinds = (responseCodes: readonly number[]): string[] => [
    ...new Set(responseCodes.map((responseCode) => failure({ responseCode }).kind)),
  ]
  expect(kinds([400, 421, 450, 499, 503])).toEqual(['retry'])
  expect(kinds([500, 550, 552, 554, 599, 354])).toEqual(['undeliverable'])
  expect(kinds([530, 534, 535, 538])).toEqual(['channel-down'])
})

test('a sender that is refused is refused for all mail; the size of one mail is not', () => {
  const toSender = (responseCode: number, command = 'MAIL FROM'): string => refusal({ responseCode, command }).kind
  expect([500, 550, 553].map((code) => toSender(code))).toEqual(Array(3).fill('channel-down'))
  expect([552, 354].map((code) => toSender(code))).toEqual(['undeliverable', 'undeliverable'])
  expect(toSender(450)).toBe('retry')
  expect(toSender(550, 'RCPT TO')).toBe('undeliverable')
})

test("the server's answer about the recipient overrides the error of nodemailer", () => {
  const rejectedErrors = [{ responseCode: 450, message: 'mailbox busy' }]
  expect(failure({ code: 'EENVELOPE', responseCode: 550, rejectedErrors })).toEqual({ kind: 'retry', reason: 'mailbox busy' })
})

test('a mail that nodemailer refuses is never sent', () => {
  for (const code of ['EENVELOPE', 'EMESSAGE']) {
    expect(failure({ code })).toEqual({ kind: 'undeliverable', reason: 'the reason' })
  }
})

test('a refused certificate needs a fix by the operator, and nothing can have arrived', () => {
  expect(failure({ code: 'ESOCKET', message: 'self-signed certificate' }, true)).toEqual({
    kind: 'channel-down',
    reason: 'the certificate was refused: self-signed certificate (ESOCKET)',
  })
  expect(failure({ responseCode: 554, message: '554 no certificate, no mail' })).toEqual({
    kind: 'channel-down',
    reason: 'the certificate was refused: 554 no certificate, no mail',
  })
})

test('a broken connection is retried; the mail may have arrived if its text had been sent', () => {
  expect(failure({ code: 'ECONNECTION' })).toEqual({ kind: 'retry', reason: 'the reason (ECONNECTION)' })
  expect(failure({ code: 'ECONNECTION' }, true)).toEqual({ kind: 'retry', reason: 'the reason (ECONNECTION)', unknown: true })
})

test('an error without information is still an error', () => {
  expect(mailFailure({}, false)).toEqual({ kind: 'retry', reason: 'connection failed' })
  expect(refusal({})).toEqual({ kind: 'undeliverable', reason: '' })
  expect(mailFailure({ code: 'EAUTH' }, false)).toEqual({ kind: 'channel-down', reason: '' })
})
