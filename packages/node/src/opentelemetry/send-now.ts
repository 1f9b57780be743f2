import { Worker } from 'node:worker_threads'

/** One POST of an exporter. */
export interface SendNowRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly certificates: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
  readonly body: Uint8Array
}

/** Text, because a bundler would move a file of its own. `pending` holds how many requests have no answer yet. */
const thread = `
  const { workerData: { requests, pending } } = require('node:worker_threads')
  const done = () => { Atomics.sub(pending, 0, 1); Atomics.notify(pending, 0) }
  for (const { url, headers, certificates, body } of requests) {
    const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http')
    const length = { 'content-type': 'application/x-protobuf', 'content-length': body.byteLength }
    request(url, { method: 'POST', headers: { ...headers, ...length }, ...certificates }, (response) => response.resume().on('close', done))
      .on('error', done)
      .end(body)
  }`

/**
 * Sends the requests and blocks until they are answered, at most `timeoutMs`. For the `exit` event, after which no promise runs: a thread
 * of its own does the work.
 */
export function sendNow(requests: readonly SendNowRequest[], timeoutMs: number): void {
  if (requests.length === 0) return
  const pending = new Int32Array(new SharedArrayBuffer(4))
  pending[0] = requests.length
  const deadline = performance.now() + timeoutMs
  // Neither preloads nor the environment: --import of a set-up would start telemetry there too
  void new Worker(thread, { eval: true, execArgv: [], env: {}, workerData: { requests, pending } })
  for (;;) {
    const [left, restMs] = [Atomics.load(pending, 0), deadline - performance.now()]
    if (left <= 0 || restMs <= 0 || Atomics.wait(pending, 0, left, restMs) === 'timed-out') return
  }
}
