import { openHttpServer } from '@swarmwatch/testkit'

/** A notification as Alertmanager sends it. */
export interface Notification {
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly commonLabels: Readonly<Record<string, string>>
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
  readonly authorization: string | undefined
  /** When it came, in milliseconds. */
  readonly at: number
}

/** Takes the place of the bridge, and only records what it receives. */
export interface Sink {
  readonly port: number
  readonly received: readonly Notification[]
  close(): Promise<void>
}

export async function openSink(): Promise<Sink> {
  const received: Notification[] = []
  const server = await openHttpServer(
    ({ method, headers: { authorization }, body, atMs }, response) => {
      if (method === 'POST') received.push({ ...(JSON.parse(body) as Notification), authorization, at: atMs })
      response.setHeader('content-type', 'text/plain; version=0.0.4').end()
    },
    { host: '0.0.0.0' },
  )
  return { port: server.port, received, close: () => server.close() }
}
