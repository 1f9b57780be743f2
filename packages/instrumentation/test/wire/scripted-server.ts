import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { onTestFinished } from 'vitest'

/** One answer of a scripted server: bytes in pieces, which are written one by one. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces of the body; a function waits before the next piece, or destroys the connection. */
  readonly pieces: readonly (string | Buffer | ((response: ServerResponse) => unknown))[]
}

/** A request that a scripted server received. */
export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** Starts a server on loopback that answers by script, or `answer(request)`, until the test ends. */
export async function startScriptedServer(
  answer: ScriptedAnswer | ((request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>),
  port = 0,
): Promise<{ readonly url: string; readonly received: readonly ReceivedRequest[] }> {
  const received: ReceivedRequest[] = []
  const server = createServer((message, response) => {
    const reply = async (): Promise<void> => {
      const body = await text(message)
      const request = { path: message.url!, headers: message.headers, rawHeaders: message.rawHeaders, body }
      received.push(request)
      const { status = 200, headers = {}, pieces } = typeof answer === 'function' ? await answer(request) : answer
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      for (const piece of pieces) {
        if (typeof piece === 'function') await piece(response)
        else await new Promise((written) => response.write(piece, written))
      }
      response.end()
    }
    // A client that leaves ends the answer
    reply().catch(() => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

/** Server-sent events of these documents; a text is sent as it is. */
export function events(...documents: readonly (object | string)[]): string {
  return documents.map((each) => `data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`).join('')
}

export const eventStream = { 'content-type': 'text/event-stream' }
