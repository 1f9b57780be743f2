import { Secret } from '@swarmwatch/config'

import { openWebhookChannel } from '../../../src/channels/webhook/webhook-channel.ts'
import { fakeHttp, neverAnswers, answerWith, type Answer, type FakeHttp } from '../fake-http.ts'
import { planted, type ChannelDriver, type DrivenChannel } from './channel-driver.ts'

const base = {
  type: 'webhook',
  name: 'own',
  severities: ['critical'],
  fallback: false,
  quietHours: undefined,
  secret: undefined,
  allowedPrivateHosts: ['127.0.0.1'],
} as const

export const webhookDrivers: readonly ChannelDriver[] = [{ variant: 'webhook', hasServer: true, start }]

async function start(): Promise<DrivenChannel> {
  const http: FakeHttp = await fakeHttp(answerWith(204))
  const quoting: Answer = ({ path, headers, body }, response) =>
    answerWith(400, `${path} ${JSON.stringify(headers)} ${planted.join(' ')} ${body}\n\u202E`)(undefined as never, response)
  return {
    open: (dependencies) =>
      openWebhookChannel(
        {
          ...base,
          url: new Secret(`${http.url}/${planted[0]}?token=${planted[1]}`),
          secret: new Secret(planted[2]!),
          secrets: [new Secret(planted[1]!)],
        },
        dependencies,
      ),
    arrived: () => http.seen.map(({ body }) => body),
    ids: () => http.seen.map(({ headers }) => String(headers['webhook-id'])),
    server: {
      hang: () => void (http.answers = [neverAnswers]),
      echo: () => void (http.answers = [quoting]),
      connections: () => http.sockets.size,
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
