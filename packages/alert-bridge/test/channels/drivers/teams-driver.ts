import { Secret } from '@swarmwatch/config'

import { openTeamsChannel } from '../../../src/channels/teams/teams-channel.ts'
import { fakeHttp, neverAnswers, answerWith, type Answer, type FakeHttp } from '../fake-http.ts'
import { planted, type ChannelDriver, type DrivenChannel } from './channel-driver.ts'

export const teamsDrivers: readonly ChannelDriver[] = [{ variant: 'teams', hasServer: true, start }]

async function start(): Promise<DrivenChannel> {
  const http: FakeHttp = await fakeHttp(answerWith(202))
  const quoting: Answer = ({ path, headers, body }, response) =>
    answerWith(400, `${path} ${JSON.stringify(headers)} ${planted.join(' ')} ${body}\n\u202E`)(undefined as never, response)
  const webhook = new Secret(`${http.url}/workflows/${planted[0]}/triggers/manual/paths/invoke?api-version=1&sig=${planted[1]}`)
  return {
    open: (dependencies) => openTeamsChannel({ name: 'teams', webhook }, dependencies),
    arrived: () => http.seen.map(({ body }) => body),
    ids: () => http.seen.map(() => undefined),
    server: {
      hang: () => void (http.answers = [neverAnswers]),
      echo: () => void (http.answers = [quoting]),
      connections: () => http.sockets.size,
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
