import { expect, test } from 'vitest'

import { parseDemoSettings } from '../../src/demo/demo-settings.ts'

test('an empty environment uses the scripted model until the demo is stopped', () => {
  const settings = { seconds: undefined, seed: 1, realModel: undefined }
  expect(parseDemoSettings({})).toEqual({ ok: true, settings })
  expect(parseDemoSettings({ DEMO_SECONDS: '', DEMO_SEED: ' ', OPENAI_API_KEY: '' })).toEqual({ ok: true, settings })
})

test('a key selects the real model, at the default address unless another is set', () => {
  expect(parseDemoSettings({ OPENAI_API_KEY: 'k', DEMO_SECONDS: '2.5' })).toMatchObject({
    settings: { seconds: 2.5, realModel: { apiKey: 'k', baseUrl: 'https://api.openai.com/v1', model: 'gpt-4.1-mini' } },
  })
  expect(
    parseDemoSettings({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1/', OPENAI_MODEL: 'local' }),
  ).toMatchObject({
    settings: { realModel: { baseUrl: 'http://127.0.0.1:1234/v1', model: 'local' } },
  })
})

test('all problems are reported at once, in ASCII, without secrets', () => {
  const env = { DEMO_SECONDS: '2O s\u2603', DEMO_SEED: '1.5', OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'user:secret@host' }
  expect(parseDemoSettings(env)).toEqual({
    ok: false,
    problems: [
      'DEMO_SECONDS must be a number of seconds above 0, at most 86400, got "2O s\\u2603"',
      'DEMO_SEED must be an integer, got "1.5"',
      'OPENAI_BASE_URL must be an http or https address without user name and password, got ***',
    ],
  })
})

test.each([
  ['1e1', 10],
  ['.5', 0.5],
])('DEMO_SECONDS=%s is accepted', (text, seconds) => {
  expect(parseDemoSettings({ DEMO_SECONDS: text })).toMatchObject({ ok: true, settings: { seconds } })
})

test.each(['0', '-1', 'Infinity', '86401', 'NaN'])('DEMO_SECONDS=%s is refused', (text) => {
  expect(parseDemoSettings({ DEMO_SECONDS: text })).toMatchObject({ ok: false })
})
