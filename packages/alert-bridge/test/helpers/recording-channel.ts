import type { Severity } from '@swarmwatch/config'

import type { Channel, Delivery, DeliveryResult } from '../../src/channels/channel.ts'
import type { RoutedChannel } from '../../src/routing.ts'

type Answer = (delivery: Delivery, signal: AbortSignal) => DeliveryResult | Promise<DeliveryResult>

export interface RecordingChannel {
  readonly routed: RoutedChannel
  /** Every try, in order. */
  readonly tries: Delivery[]
  /** The delivered messages, in order. */
  readonly delivered: Delivery[]
  /** The result of the next deliveries. */
  answer: Answer
}

export interface RecordingOptions {
  readonly name?: string
  readonly limits?: Channel['limits']
  readonly isLastResort?: boolean
  readonly hasIncidents?: boolean
  readonly recipients?: readonly string[]
  readonly severities?: readonly Severity[]
  readonly fallback?: boolean
  readonly quietHours?: RoutedChannel['quietHours']
  readonly concurrency?: number
  readonly type?: RoutedChannel['type']
  readonly answer?: Answer
}

export const delivered: Answer = () => ({ kind: 'delivered' })
export const broken: Answer = () => ({ kind: 'channel-down', reason: 'HTTP 404' })
export const failing: Answer = () => ({ kind: 'retry', reason: 'HTTP 500' })

/** A channel that records its deliveries and returns the results that the test sets. */
export function recordingChannel(options: RecordingOptions = {}): RecordingChannel {
  const {
    name = 'main',
    isLastResort = false,
    hasIncidents = false,
    limits,
    recipients = ['people'],
    fallback = false,
    quietHours,
    concurrency = 4,
    type,
  } = options
  // as in the settings
  const { severities = fallback ? ['warning', 'info'] : ['critical', 'warning', 'info'] } = options
  const recorder: RecordingChannel = {
    tries: [],
    delivered: [],
    answer: options.answer ?? delivered,
    routed: {
      type,
      severities,
      fallback,
      quietHours,
      channel: {
        name,
        isLastResort,
        hasIncidents,
        ...(limits && { limits }),
        recipients,
        concurrency,
        deliver: async (delivery, signal) => {
          recorder.tries.push(delivery)
          const result = await recorder.answer(delivery, signal)
          if (result.kind === 'delivered') recorder.delivered.push(delivery)
          return result
        },
        close: async () => {},
      },
    },
  }
  return recorder
}
