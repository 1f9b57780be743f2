import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Runs between a bridge and its database, and fails as networks do. */
export interface TcpProxy {
  /** The URL of the database, through the proxy. */
  readonly url: string
  /** Ends all connections and refuses others. */
  readonly cut: () => void
  /** Lets packets disappear without a word. */
  readonly drop: () => void
  /**
   * Ends all connections in both directions when a client commits what contains `text`: before it is passed on, or when the answer arrives.
   * Other transactions, such as the bridge's own, are not affected.
   */
  readonly cutAtCommitOf: (text: string, moment: 'request' | 'answer') => void
  /** Delays everything that is sent to the database. */
  readonly slowDown: (ms: number) => void
  /** Works again, also with another server. */
  readonly heal: (target?: string) => void
  readonly close: () => void
}

/** The message ReadyForQuery after a commit. */
const readyOutsideTransaction = Buffer.from('Z\0\0\0\x05I', 'latin1')

/** Opens a proxy to the host of a URL. */
export async function openTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  let target = new URL(databaseUrl)
  let state: 'works' | 'cut' | 'drops' = 'works'
  let cutting: { readonly text: string; readonly moment: 'request' | 'answer' } | undefined
  let delayMs = 0
  const sockets = new Set<Socket>()

  function endAll(): void {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }

  const server = createServer((client) => {
    if (state === 'cut') return void client.destroy()
    const upstream = connect(Number(target.port), target.hostname)
    let isCutAtAnswer = false
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true))
      socket.on('error', () => {})
    }
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.on('data', (bytes: Buffer) => {
      if (state === 'drops') return
      // the last write of a transaction, or a statement that is one
      const isHit = cutting !== undefined && bytes.includes(cutting.text)
      if (isHit && cutting?.moment === 'request') return endAll()
      if (isHit) isCutAtAnswer = true
      if (delayMs === 0) upstream.write(bytes)
      else setTimeout(() => upstream.write(bytes), delayMs)
    })
    upstream.on('data', (bytes: Buffer) => {
      if (state === 'drops') return
      if (isCutAtAnswer && bytes.includes(readyOutsideTransaction)) return endAll()
      client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url: url.href,
    cut: () => {
      state = 'cut'
      endAll()
    },
    drop: () => void (state = 'drops'),
    cutAtCommitOf: (text, moment) => void (cutting = { text, moment }),
    slowDown: (ms) => void (delayMs = ms),
    heal: (newTarget) => {
      // connections whose packets were lost are not usable any more
      if (state !== 'works') endAll()
      state = 'works'
      cutting = undefined
      if (newTarget !== undefined) target = new URL(newTarget)
    },
    close: () => {
      endAll()
      server.close()
    },
  }
}
