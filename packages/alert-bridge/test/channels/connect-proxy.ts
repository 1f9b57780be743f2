import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A proxy on this machine that connects to a port of this machine, whatever the name of the target is. */
export interface ConnectProxy extends AsyncDisposable {
  readonly port: number
  /** Method and target of each request, such as `CONNECT mail.example.test:587`. */
  readonly seen: string[]
}

/** Options for {@link connectProxy}. */
export interface ConnectProxyOptions {
  /** The port for a target `host:port`. */
  readonly portOf: (target: string) => number
  /** User name and password, with a colon. @default no login */
  readonly login?: string
  /** Answers every request so instead. @default it connects */
  readonly status?: number
}

/** Starts it: CONNECT for tunnels, and plain requests with an absolute address. */
export async function connectProxy({ portOf, login, status }: ConnectProxyOptions): Promise<ConnectProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const expected = login && `Basic ${Buffer.from(login).toString('base64')}`
  const refusal = ({ headers }: IncomingMessage): number | undefined =>
    expected !== undefined && headers['proxy-authorization'] !== expected ? 407 : status

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const refused = refusal(incoming)
    seen.push(`${incoming.method} ${incoming.url}`)
    if (refused !== undefined) return void response.writeHead(refused).end(`no, ${incoming.headers['proxy-authorization']}`)
    const { host, pathname, search } = new URL(incoming.url!)
    const { 'proxy-authorization': _login, ...headers } = incoming.headers
    const onward = { port: portOf(host), method: incoming.method, path: `${pathname}${search}`, headers }
    const outgoing = request(onward, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  }

  const server = createServer(forward)
  server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const refused = refusal(incoming)
    seen.push(`CONNECT ${incoming.url}`)
    if (refused !== undefined) return void socket.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`)
    const target = connect(portOf(incoming.url!), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(socket).pipe(target)
    })
    for (const one of [target, socket]) one.on('error', () => void [target, socket].map((end) => end.destroy()))
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
