import type { Secret } from '@swarmwatch/config'

import { patientTimeout } from '../clock.ts'
import type { HeartbeatTarget } from './peer-settings.ts'

/** Options for {@link sendHeartbeat}. */
export interface HeartbeatOptions {
  readonly core: { readonly lastDeliveryWorked: boolean }
  readonly url: Secret
  readonly write: (line: string) => void
  /** @default direct connections */
  readonly fetch?: typeof globalThis.fetch
  /** @default 60 s */
  readonly everyMs?: number
}

/**
 * Sends a sign of life to an external service, which raises an alert when it does not arrive. Sent only while the last delivery
 * succeeded. Returns a function that stops it.
 */
export function sendHeartbeat({ core, url, write, fetch = globalThis.fetch, everyMs = 60_000 }: HeartbeatOptions): () => void {
  return repeatBeat({
    everyMs,
    mayBeat: () => core.lastDeliveryWorked,
    request: () => fetch(url.reveal(), { redirect: 'error', signal: patientTimeout(timeoutMs) }),
    onFailure: (failure) => write(`[BRIDGE] the heartbeat could not be sent (${failure})`),
  })
}

/** Options for {@link sendToPeers}. */
export interface PeerHeartbeatOptions {
  readonly targets: readonly HeartbeatTarget[]
  readonly core: { readonly canDeliver: () => boolean }
  /** Body of each heartbeat. */
  readonly body: () => string
  readonly write: (line: string) => void
  readonly onSent: (host: string, hasWorked: boolean) => void
  readonly fetch: typeof globalThis.fetch
  readonly everyMs: number
}

/**
 * Sends heartbeats to bridges of other regions while this one can reach someone: a region whose alerts reach no one is as silent as one
 * that is down. Returns a function that stops it.
 */
export function sendToPeers({ targets, core, body, write, onSent, fetch, everyMs }: PeerHeartbeatOptions): () => void {
  const stops = targets.map(({ url, token, host }) =>
    repeatBeat({
      everyMs,
      mayBeat: core.canDeliver,
      request: () =>
        fetch(url.reveal(), {
          method: 'POST',
          headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
          body: body(),
          redirect: 'error',
          signal: patientTimeout(timeoutMs),
        }),
      onFailure: (failure) => write(`[BRIDGE] heartbeats cannot be sent to the bridge at ${host} (${failure})`),
      onRecovery: () => write(`[BRIDGE] heartbeats reach the bridge at ${host} again`),
      onSent: (hasWorked) => onSent(host, hasWorked),
    }),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

const timeoutMs = 10_000

interface BeatOptions {
  readonly everyMs: number
  readonly mayBeat: () => boolean
  readonly request: () => Promise<Response>
  /** Called with the reason of the first failure in a row. */
  readonly onFailure: (failure: string) => void
  readonly onRecovery?: () => void
  readonly onSent?: (hasWorked: boolean) => void
}

/** Sends now and then again and again. Never two at once. */
function repeatBeat({ everyMs, mayBeat, request, onFailure, onRecovery, onSent }: BeatOptions): () => void {
  let hasFailed = false
  let isSending = false

  async function beat(): Promise<void> {
    if (isSending || !mayBeat()) return
    isSending = true
    const failure = await request().then(
      async (response) => {
        await response.body?.cancel()
        return response.ok ? undefined : `HTTP ${response.status}`
      },
      (error: unknown) => (error instanceof Error ? error.name : 'error'),
    )
    isSending = false
    onSent?.(failure === undefined)
    if (failure !== undefined && !hasFailed) onFailure(failure)
    if (failure === undefined && hasFailed) onRecovery?.()
    hasFailed = failure !== undefined
  }

  void beat()
  const timer = setInterval(() => void beat(), everyMs)
  return () => clearInterval(timer)
}
