import { type Meta, regionReturned, regionSilent, regionUnwatched } from '../message/meta-notices.ts'
import type { PeerStates, Store } from '../outbox/store.ts'
import { type SilenceWatch, watchSilence } from '../silence.ts'
import { whileLeader } from '../watchdog.ts'
import type { WatchedPeer } from './peer-settings.ts'

/** Options for {@link watchPeers}. */
export interface PeerWatchOptions {
  readonly peers: readonly WatchedPeer[]
  readonly core: {
    readonly store: PeerStates & Pick<Store, 'sharing'>
    readonly report: (meta: Meta) => Promise<void>
    readonly openReports: () => readonly string[]
    readonly refreshReports: () => Promise<void>
  }
  /** How often bridges that share a store read the heartbeats of the others. @default 5 s */
  readonly everyMs?: number
  readonly now: () => number
  /** Address of the folder docs/runbooks, for a link in reports. @default none */
  readonly runbooksUrl?: string | undefined
}

/** State of a peer, for metrics. */
export interface PeerState {
  readonly peer: string
  /** Time since its last heartbeat, or since it is watched. */
  readonly ageSeconds: number
  /** Whether it is reported as silent. */
  readonly isSilent: boolean
}

/** A running watch for the bridges of other regions. */
export interface PeerWatch {
  /** Notes a heartbeat. Returns false if this bridge does not watch a peer of this name. */
  readonly received: (name: string, body: Uint8Array) => boolean
  readonly states: () => readonly PeerState[]
  /** Body of the heartbeats of this bridge: seconds since the last heartbeat of each peer. */
  readonly heartbeatBody: () => string
  readonly stop: () => void
}

/**
 * Reports when the heartbeats of a peer no longer arrive, and when they do again: once each, also over restarts of this process. What
 * other peers receive counts too, so that a cut between two regions is not taken for the silence of one while a third one receives its heartbeats.
 */
export async function watchPeers({ peers, core, now, runbooksUrl, everyMs = 5_000 }: PeerWatchOptions): Promise<PeerWatch> {
  const { store, report } = core
  const { sharing } = store
  const startedAt = now()
  const stored = new Map((await store.peerStates()).map(({ name, lastAt }) => [name, lastAt]))
  const open = new Set(core.openReports())
  const watched = new Map(peers.map((peer) => [peer.name, watchOne(peer)]))
  await endOthers()

  function watchOne({ name, silentAfterSeconds }: WatchedPeer): Watched {
    // a clock that was set back must not hide a silence
    const lastAt = Math.min(stored.get(name) ?? startedAt, startedAt)
    if (lastAt !== stored.get(name)) save(name, lastAt)
    const peer: Omit<Watched, 'watch'> = { lastAt, aliveAt: lastAt, hasSent: false }
    const key = keyOf(name)
    const afterMs = silentAfterSeconds * 1000
    const isSilent = open.has(key)
    // heartbeats were lost while this process did not run, so the peer has half of the time to send the next one
    const silentMs = isSilent ? afterMs : Math.min(startedAt - lastAt, afterMs / 2)
    const watch = watchSilence({
      now,
      afterMs,
      lastSignAt: () => peer.aliveAt,
      onChange: (isNowSilent) => {
        if (sharing === undefined) void reportChange(name, peer, isNowSilent)
      },
      initial: { isSilent, silentMs },
    })
    return Object.assign(peer, { watch })
  }

  function reportChange(name: string, { aliveAt }: Pick<Watched, 'aliveAt'>, isSilent: boolean): Promise<void> {
    const [key, occurrence] = [keyOf(name), String(aliveAt)]
    const seconds = Math.round((now() - aliveAt) / 1000)
    return report(
      isSilent ? regionSilent({ key, name, seconds, occurrence, runbooksUrl }) : regionReturned({ key, name, occurrence }),
    )
  }

  /** Reads the heartbeats that other bridges received. */
  async function readOthers(): Promise<void> {
    for (const { name, lastAt, aliveAt = lastAt } of await store.peerStates()) {
      const peer = watched.get(name)
      if (peer === undefined) continue
      if (lastAt > peer.lastAt) [peer.lastAt, peer.hasSent] = [lastAt, true]
      peer.aliveAt = Math.max(peer.aliveAt, aliveAt)
    }
  }

  /** Reports the differences between what is and what was reported, by whichever bridge. */
  async function reportForAll(): Promise<void> {
    await core.refreshReports()
    const reported = new Set(core.openReports())
    for (const [name, peer] of watched) {
      const isSilent = peer.watch.isSilent()
      if (isSilent !== reported.has(keyOf(name))) await reportChange(name, peer, isSilent)
    }
  }

  /** Ends what was reported of peers that are no longer configured. */
  async function endOthers(): Promise<void> {
    const keys = new Set(peers.map(({ name }) => keyOf(name)))
    for (const key of open) {
      if (key.startsWith(keyOf('')) && !keys.has(key)) await report(regionUnwatched(key, key.slice(keyOf('').length)))
    }
    const names = [...stored.keys()].filter((name) => !watched.has(name))
    for (const name of names) await store.forgetPeerState(name).catch(() => {})
  }

  function save(name: string, lastAt: number, aliveAt = lastAt): void {
    // without the disk, the state lives as long as this process
    void store.savePeerState({ name, lastAt, ...(sharing && { aliveAt }) }).catch(() => {})
  }

  function received(name: string, body: Uint8Array): boolean {
    const peer = watched.get(name)
    if (peer === undefined) return false
    const at = now()
    peer.lastAt = at
    peer.aliveAt = at
    peer.hasSent = true
    save(name, at)
    for (const [other, ageSeconds] of Object.entries(readReceived(body))) {
      const seen = other === name ? undefined : watched.get(other)
      if (seen === undefined) continue
      seen.aliveAt = Math.max(seen.aliveAt, at - ageSeconds * 1000)
      if (sharing) save(other, seen.lastAt, seen.aliveAt)
    }
    return true
  }

  const timer = sharing && setInterval(() => void readOthers().catch(() => {}), everyMs)
  const stopReports = sharing && whileLeader(sharing, reportForAll, everyMs)
  return {
    received,
    states: () =>
      [...watched].map(([peer, { lastAt, watch }]) => ({
        peer,
        ageSeconds: Math.max(now() - lastAt, 0) / 1000,
        isSilent: watch.isSilent(),
      })),
    heartbeatBody: () => {
      // only what arrived here: what others report of others would keep a dead region alive
      const ofThisProcess = [...watched].filter(([, { hasSent }]) => hasSent)
      const ages = ofThisProcess.map(([name, { lastAt }]) => [name, Math.ceil(Math.max(now() - lastAt, 0) / 1000)])
      return JSON.stringify({ received: Object.fromEntries(ages) as Record<string, number> })
    },
    stop: () => {
      for (const { watch } of watched.values()) watch.stop()
      clearInterval(timer)
      stopReports?.()
    },
  }
}

interface Watched {
  /** When the last heartbeat arrived, or when the watch began. */
  lastAt: number
  /** Whether a heartbeat arrived since this process started. */
  hasSent: boolean
  /** The same, or a later one that another peer received. */
  aliveAt: number
  readonly watch: SilenceWatch
}

function keyOf(name: string): string {
  return `region:${name}`
}

/** Ages by name. A body that is something else is ignored, but the heartbeat counts. */
function readReceived(body: Uint8Array): Readonly<Record<string, number>> {
  try {
    const { received } = JSON.parse(new TextDecoder().decode(body)) as { received?: unknown }
    const entries = Object.entries(typeof received === 'object' && received !== null ? received : {})
    return Object.fromEntries(entries.filter(([, age]) => typeof age === 'number' && age >= 0)) as Record<string, number>
  } catch {
    return {}
  }
}
