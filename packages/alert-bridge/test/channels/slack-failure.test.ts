import { expect, test } from 'vitest'

import { slackFailure, type SlackFailure } from '../../src/channels/slack/slack-failure.ts'

const now = new Date('2026-11-24T10:00:00Z')
const failure = (status: number, text = '', json: Record<string, unknown> = {}, retryAfter: string | null = null): SlackFailure =>
  slackFailure({ status, text, json, retryAfter }, now)
const failureWith = (error: string, status = 200): SlackFailure => failure(status, '', { ok: false, error })
const kinds = (failures: readonly SlackFailure[]): string[] => [...new Set(failures.map(({ result }) => result.kind))]

const contentWords = [
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_payload',
  'invalid_attachments',
  'too_many_attachments',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'invalid_metadata_format',
  'metadata_too_large',
  'invalid_arguments',
  'invalid_form_data',
]

test('a message that cannot be shown is undeliverable, and plain text may cure it', () => {
  for (const word of contentWords) {
    for (const answer of [failureWith(word), failureWith(word, 400), failure(400, `${word}\n`)]) {
      expect(answer).toMatchObject({ error: word, isContent: true, result: { kind: 'undeliverable' } })
    }
  }
  expect(failureWith('invalid_blocks', 500)).toMatchObject({ isContent: false, result: { kind: 'retry' } })
})

test('a channel with an invalid token, channel or webhook is down until the operator fixes it', () => {
  const words = ['invalid_auth', 'token_revoked', 'missing_scope', 'channel_not_found', 'is_archived', 'user_not_found']
  expect(kinds([...words, 'cannot_post_to_this_channel'].map((word) => failureWith(word)))).toEqual(['channel-down'])
  expect(kinds([failure(404, 'no_service'), failure(200, 'no_team'), failure(500, 'invalid_token')])).toEqual(['channel-down'])
  expect(kinds([300, 302, 399, 401, 403, 404, 410].map((status) => failure(status)))).toEqual(['channel-down'])
  expect(failure(300, 'Choices').result.reason).toBe('Slack answered 300: Choices; redirects are not followed')
  expect(failure(302, 'Found').result.reason).toBe('Slack answered 302: Found; redirects are not followed')
})

test('another refusal of Slack is permanent, but a timeout or a server error is retried', () => {
  expect(kinds([400, 402, 405, 413, 499].map((status) => failure(status)))).toEqual(['undeliverable'])
  expect(failure(400, 'too many things').isContent).toBe(false)
  expect(kinds([failure(408), failure(200), failureWith('new_word'), failure(299), failure(500)])).toEqual(['retry'])
})

test('pauses Slack for the time that the header or the answer requests', () => {
  const patient = { kind: 'retry', retryAfterSeconds: 7 }
  expect(failure(429, '', {}, '7').result).toMatchObject(patient)
  expect(failure(429, '', { retry_after: 7 }).result).toMatchObject(patient)
  expect(failure(429, '', { retry_after: 9 }, '7').result).toMatchObject(patient)
  expect(failure(200, '', { error: 'ratelimited', retry_after: 7 }).result).toMatchObject(patient)
  expect(failure(200, '', { error: 'rate_limited', retry_after: 7 }).result).toMatchObject(patient)
  expect(failure(503, '', {}, '7').result).toMatchObject(patient)
  for (const answer of [failure(429), failure(429, '', { retry_after: '7' }), failure(503), failureWith('new_word')]) {
    expect(answer.result).not.toHaveProperty('retryAfterSeconds')
  }
})

test('a message that Slack may have posted despite its answer may have arrived', () => {
  const isUnknown = ({ result }: SlackFailure): boolean => 'unknown' in result && result.unknown === true
  const unknown = [500, 502, 504].map((status) => failure(status))
  expect(
    [...unknown, failureWith('fatal_error'), failureWith('internal_error'), failureWith('request_timeout')].map(isUnknown),
  ).toEqual(Array(6).fill(true))
  const certain = [failure(503), failureWith('new_word'), failure(408), failure(429), failureWith('fatal_error', 503)]
  for (const answer of certain) expect(answer.result).not.toHaveProperty('unknown')
})

test('the reason has the status and the word of Slack, or else the beginning of its answer', () => {
  const reasonOf = ({ result }: SlackFailure): string => result.reason
  expect(reasonOf(failureWith('not_authed'))).toBe('Slack answered 200 without success: not_authed')
  expect(reasonOf(failure(404, ' no_service\n'))).toBe('Slack answered 404: no_service')
  expect(reasonOf(failure(502, `<html>${'x'.repeat(200)}`))).toBe(`Slack answered 502: <html>${'x'.repeat(94)}`)
  expect(reasonOf(failure(503))).toBe('Slack answered 503: (nothing)')
})

test('only a short answer of lower case letters is a word of Slack', () => {
  const words = ['abc', 'x'.repeat(60), 'no_team']
  expect(words.map((text) => failure(503, text).error)).toEqual(words)
  for (const text of ['ab', 'x'.repeat(61), 'No_team', 'no team', '1_no', 'no_1', '']) expect(failure(503, text).error).toBe('')
  expect(failure(503, 'no_team', { error: 5 }).error).toBe('no_team')
})
