import type { Channel, ChannelDependencies } from '../../../src/channels/channel.ts'
import { fakeHttp, neverAnswers, answerWith, type Answer, type FakeHttp, type SeenRequest } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'

/** Options for {@link httpDriver}. */
export interface HttpDriverOptions {
  readonly variant: string
  /** The usual answer. */
  readonly success: Answer
  readonly open: (http: FakeHttp, dependencies: Partial<ChannelDependencies> | undefined) => Channel
  /** The part of a request that identifies a repetition. @default none */
  readonly idOf?: (request: SeenRequest) => string | undefined
}

/** Refuses, and quotes all that the channel sent, and the secrets. */
const quoting: Answer = (request, response) => {
  const { path, headers, body } = request
  answerWith(400, `${path} ${JSON.stringify(headers)} ${planted.join(' ')} ${body}\n\u202E`)(request, response)
}

/** A driver for a channel that posts to an HTTP server. */
export function httpDriver({ variant, success, open, idOf = () => undefined }: HttpDriverOptions): ChannelDriver {
  return {
    variant,
    hasServer: true,
    async start() {
      const http: FakeHttp = await fakeHttp(success)
      return {
        open: (dependencies) => open(http, dependencies),
        arrived: () => http.seen.map(({ body }) => body),
        ids: () => http.seen.map(idOf),
        server: {
          hang: () => void (http.answers = [neverAnswers]),
          echo: () => void (http.answers = [quoting]),
          connections: () => http.sockets.size,
        },
        [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
      }
    },
  }
}
