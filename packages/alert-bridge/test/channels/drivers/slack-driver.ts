import { Secret } from '@swarmwatch/config'

import { openSlackChannel } from '../../../src/channels/slack/slack-channel.ts'
import { neverAnswers, answerWith, type Answer } from '../fake-http.ts'
import { fakeSlack } from '../fake-slack.ts'
import { planted, type ChannelDriver, type DrivenChannel } from './channel-driver.ts'

const base = { type: 'slack', name: 'slack', severities: ['critical'], fallback: false, quietHours: undefined } as const

export const slackDrivers: readonly ChannelDriver[] = (['webhook', 'bot'] as const).map((sort) => ({
  variant: `slack ${sort}`,
  hasServer: true,
  start: () => start(sort),
}))

async function start(sort: 'webhook' | 'bot'): Promise<DrivenChannel> {
  const slack = await fakeSlack()
  const target =
    sort === 'bot'
      ? { botToken: new Secret(planted[1]!), channel: 'C1', apiUrl: slack.apiUrl }
      : { webhook: new Secret(`${slack.http.url}/hook/T1/B1/${planted[0]}`) }
  const quoting: Answer = ({ path, headers, body }, response) =>
    answerWith(404, `${path} ${headers.authorization} ${body}\n\u202E`)(undefined as never, response)
  return {
    open: (dependencies) => openSlackChannel({ ...base, ...target }, dependencies),
    arrived: () => slack.http.seen.map(({ body }) => body),
    ids: () => slack.http.seen.map(({ json }) => JSON.stringify(json['metadata'])),
    server: {
      hang: () => void slack.faults.push(...Array.from({ length: 9 }, () => neverAnswers)),
      echo: () => void slack.faults.push(...Array.from({ length: 9 }, () => quoting)),
      connections: () => slack.http.sockets.size,
    },
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  }
}
