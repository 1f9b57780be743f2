import { openHttpServer } from '@swarmwatch/testkit'
import { onTestFinished } from 'vitest'

export interface Received {
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
    received.push({ ...(JSON.parse(body) as Received), at: performance.now() })
    response.end('ok')
  })
  onTestFinished(() => server.close())
  return { url: server.url, received }
}
