import { openHttpServer } from '@swarmwatch/testkit'
import { onTestFinished } from 'vitest'

/** A message, or one of the steps that a message contains. */
export interface Received {
  /** Id of the delivery; of a step: its incident, its number and its recipient, since one message may contain several. */
  readonly id: string
  readonly recipient: string
  readonly title: string
  readonly kind: string
  readonly incidentKey: string
  readonly mayHaveArrived: boolean
  /** Number and repetition of the step, for a message of the escalation. */
  readonly step?: string
  /** When it arrived, by performance.now(). */
  readonly at: number
}

/** The receiver of the bridge's messages; it outlives the bridge and is closed when the test ends. */
export async function openSink(): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = []
  const server = await openHttpServer(({ body }, response) => {
    const { steps, ...message } = JSON.parse(body) as Received & { readonly steps?: readonly Partial<Received>[] }
    for (const part of steps ?? [message]) {
      const one = { ...message, ...part, at: performance.now() }
      const { step, incidentKey, recipient } = one
      received.push({ ...one, id: step === undefined ? one.id : `step ${step} of ${incidentKey} for ${recipient}` })
    }
    response.end('ok')
  })
  onTestFinished(() => server.close())
  return { url: server.url, received }
}
