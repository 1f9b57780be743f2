import type { Secret } from '@swarmwatch/config'

import { type Channel, type ChannelDependencies, type Delivery, type DeliveryResult, systemDependencies } from './channel.ts'
import { guardedDelivery, hideSecrets, stopSignal } from './guarded-delivery.ts'
import {
  type FileRequest,
  type FormRequest,
  type JsonAnswer,
  type JsonRequest,
  postFile,
  postForm,
  postJson,
} from './post-json.ts'
import { connectionFailure } from './request-failure.ts'

/** Options of a channel that sends to a service over HTTP. */
export interface HttpChannelOptions extends Pick<Channel, 'name' | 'hasIncidents' | 'showsCharts'> {
  readonly limits: NonNullable<Channel['limits']>
  /** @default the name of the channel */
  readonly recipients?: readonly string[]
  /** Further addresses that may be recipients of a delivery. @default [] */
  readonly people?: readonly string[] | undefined
  /** Hidden in all reasons. */
  readonly secrets: readonly (Secret | undefined)[]
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number | undefined
}

/** Sends a request and returns what `read` makes of the response. Without a response the message may have arrived. */
export type Exchange = <Reply>(
  request: JsonRequest | FormRequest | FileRequest,
  signal: AbortSignal,
  read: (answer: JsonAnswer, now: Date) => Reply,
) => Promise<Reply | DeliveryResult>

/** Opens a channel that sends one message at a time over HTTP, as `sender` does it. */
export function openHttpChannel(
  { name, recipients = [name], people = [], secrets, timeoutMs = 15_000, ...rest }: HttpChannelOptions,
  dependencies: Partial<ChannelDependencies>,
  sender: (exchange: Exchange) => (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult>,
): Channel {
  const { fetch, now } = { ...systemDependencies, ...dependencies }
  const stopped = stopSignal()

  const exchange: Exchange = async (request, signal, read) => {
    try {
      const until = stopped.during(signal, timeoutMs)
      return read(await answerTo(request, until), now())
    } catch (error) {
      return connectionFailure(error, true)
    }
  }

  function answerTo(request: JsonRequest | FormRequest | FileRequest, until: AbortSignal): Promise<JsonAnswer> {
    if ('fields' in request) return postForm(request, fetch, until)
    return 'file' in request ? postFile(request, fetch, until) : postJson(request, fetch, until)
  }

  return {
    ...rest,
    name,
    recipients,
    // services keep the order only of messages that are sent one after the other
    concurrency: 1,
    deliver: guardedDelivery([...recipients, ...people], hideSecrets(secrets), sender(exchange)),
    close: async () => stopped.stop(),
  }
}
