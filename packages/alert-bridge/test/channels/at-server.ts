import type { Channel, Delivery, DeliveryResult } from '../../src/channels/channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { fakeHttp, type Answer, type SeenRequest } from './fake-http.ts'

const neverAborted = new AbortController().signal

/** Requests of a channel to a server, and its results. */
export interface Exchange {
  readonly results: readonly DeliveryResult[]
  readonly seen: readonly SeenRequest[]
}

/** Delivers to a server that answers with `answers` in turn, the last one for ever. Each delivery gets the thread of the last result. */
export async function exchange(
  open: (url: string) => Channel,
  answers: readonly Answer[],
  deliveries: readonly Partial<Delivery>[] = [{}],
): Promise<Exchange> {
  await using http = await fakeHttp(answers[0]!)
  http.answers = [...answers]
  const channel = open(http.url)
  const results: DeliveryResult[] = []
  let thread: unknown
  for (const [index, delivery] of deliveries.entries()) {
    const base = { id: `delivery-${index + 1}`, recipient: channel.recipients[0]!, notice: sampleNotices.firing, thread }
    const result = await channel.deliver({ ...base, ...delivery }, neverAborted)
    results.push(result)
    // as the store keeps it
    if (result.kind === 'delivered' && result.thread !== undefined) thread = JSON.parse(JSON.stringify(result.thread))
  }
  await channel.close()
  return { results, seen: [...http.seen] }
}

/** The result of one delivery to a server that always answers so. */
export async function resultOf(open: (url: string) => Channel, answer: Answer): Promise<DeliveryResult> {
  return (await exchange(open, [answer])).results[0]!
}
