import { expect, onTestFinished, test } from 'vitest'

import { answerWith, fakeHttp, type Answer } from '../channels/fake-http.ts'
import { runProgram } from './run-program.ts'

/** Answers of the services by the beginning of the path. */
const answers: readonly [RegExp, Answer][] = [
  [/^\/api\/webhooks\//, answerWith(200, { id: '7' })],
  [/^\/bot/, answerWith(200, { ok: true, result: { message_id: 7 } })],
  [/^\/v2\/enqueue$/, answerWith(202, { status: 'success' })],
  [/^\/hooks\//, answerWith(200, 'ok')],
  [/^\/2010-04-01\//, answerWith(201, { sid: 'SM1' })],
  [/^\/$/, answerWith(200, { id: 'sPs71M8A2T' })],
]

test('a drill reaches every channel that variables configure', async () => {
  const http = await fakeHttp((request, response) => {
    const [, answer] = answers.find(([path]) => path.test(request.path)) ?? [undefined, answerWith(404)]
    answer(request, response)
  })
  onTestFinished(() => http[Symbol.asyncDispose]())
  const program = runProgram(['drill'], {
    ALERT_DISCORD_WEBHOOK: `${http.url}/api/webhooks/1/abcdefgh`,
    ALERT_MATTERMOST_WEBHOOK: `${http.url}/hooks/abcdefgh`,
    ALERT_NTFY_URL: `${http.url}/alerts-7hg2`,
    ALERT_PAGERDUTY_ROUTING_KEY: 'abcdefghijklmnopqrstuvwxyz012345',
    ALERT_PAGERDUTY_API_URL: http.url,
    ALERT_SMS_ACCOUNT: 'AC1',
    ALERT_SMS_TOKEN: 'abcdefgh',
    ALERT_SMS_FROM: '+15005550006',
    ALERT_SMS_TO: '+491701234567,+491707654321',
    ALERT_SMS_API_URL: http.url,
    ALERT_TELEGRAM_BOT_TOKEN: '123456:abcdefghijklmnopqrstuvwxyz',
    ALERT_TELEGRAM_CHAT: '-100',
    ALERT_TELEGRAM_API_URL: http.url,
  })
  expect(await program.ended, program.output()).toBe(0)
  expect(program.output()).toContain('7 of 7 reached')
  expect(http.seen).toHaveLength(7)
  expect(http.seen.every(({ body }) => body.includes('DRILL'))).toBe(true)
})
