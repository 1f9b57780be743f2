import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

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
  close(): void
}

export async function openSink(): Promise<Sink> {
  const received: Notification[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      if (request.method === 'POST') {
        const { authorization } = request.headers
        received.push({ ...(JSON.parse(body) as Notification), authorization, at: Date.now() })
      }
      response.setHeader('content-type', 'text/plain; version=0.0.4').end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
