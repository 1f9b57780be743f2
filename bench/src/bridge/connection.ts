import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One kept-alive connection that sends one request after the other; as little of HTTP as that takes, since it shares the machine. */
export interface Connection {
  /** Resolves when the answer is there; throws when it is not 200. */
  readonly ask: (request: Buffer) => Promise<void>
  readonly close: () => void
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let answer = ''
  let waiting = Promise.withResolvers<void>()
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
    if (!isWhole(answer)) return
    const status = answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
    if (status === '200') waiting.resolve()
    else waiting.reject(new Error(`answered ${answer}`))
    answer = ''
  })
  socket.on('error', (error) => waiting.reject(error))
  socket.on('close', () => waiting.reject(new Error('the connection was closed')))
  return {
    ask: (request) => {
      waiting = Promise.withResolvers()
      socket.write(request)
      return waiting.promise
    },
    close: () => closeQuietly(socket),
  }
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1])
  return answer.length >= head + '\r\n\r\n'.length + length
}

function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('close').destroy()
}
