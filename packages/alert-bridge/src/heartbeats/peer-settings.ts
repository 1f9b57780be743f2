import { Secret } from '@swarmwatch/config'
import { httpUrl, readable, type ValueRule } from '@swarmwatch/config/settings'

import { partsOf } from '../list-parts.ts'

/** A bridge of another region that must send heartbeats to this one. */
export interface WatchedPeer {
  /** Its name in `POST /api/v1/heartbeats/:name`, for example the region. */
  readonly name: string
  /** Seconds without a heartbeat after which it is reported. */
  readonly silentAfterSeconds: number
}

/** A bridge of another region to which this one sends heartbeats. */
export interface HeartbeatTarget {
  /** `https://HOST/api/v1/heartbeats/NAME`, with the name under which the peer watches this bridge. */
  readonly url: Secret
  /** The heartbeat token of the peer. */
  readonly token: Secret
  /** Host and port, for logs and metrics. */
  readonly host: string
}

/** Six heartbeats; the report arrives within 5 minutes also when the machine is slow. */
const defaultSilentAfterSeconds = 180
/** Each has a row in the store and two series; a mesh of regions is small. */
const maxPeers = 20
const peerName = /^[a-z0-9][a-z0-9._-]{0,62}$/i

/** `eu-west, us-east=120`: names, each with the seconds of silence after which it is reported. */
export const watchedPeers: ValueRule<readonly WatchedPeer[]> = readable(
  `must be at most ${maxPeers} different names of letters, digits, ".", "_" and "-", separated by commas, each with "=seconds" (1 to 86400) or without`,
  readWatchedPeers,
)

/** `https://bridge.example.com/api/v1/heartbeats/eu-west TOKEN`, one a line or separated by commas. */
export const heartbeatTargets: ValueRule<readonly HeartbeatTarget[]> = readable(
  `must be at most ${maxPeers} targets, one per line or separated by commas: an http or https URL that ends in /api/v1/heartbeats/NAME, a space, and the token of that bridge`,
  readTargets,
  true,
)

function readWatchedPeers(text: string): readonly WatchedPeer[] | undefined {
  const peers = text.split(/[,\s]+/).flatMap((part) => (part === '' ? [] : [readPeer(part)]))
  const names = new Set(peers.map((peer) => peer?.name))
  if (peers.length === 0 || peers.length > maxPeers || names.size < peers.length || names.has(undefined)) return undefined
  return peers.flatMap((peer) => peer ?? [])
}

function readPeer(text: string): WatchedPeer | undefined {
  const [name = '', given = String(defaultSilentAfterSeconds), ...rest] = text.split('=')
  const seconds = /^\d+$/.test(given) ? Number(given) : 0
  const isValid = peerName.test(name) && seconds >= 1 && seconds <= 86_400 && rest.length === 0
  return isValid ? { name, silentAfterSeconds: seconds } : undefined
}

function readTargets(text: string): readonly HeartbeatTarget[] | undefined {
  const targets = partsOf(text).map(readTarget)
  if (targets.length === 0 || targets.length > maxPeers || targets.includes(undefined)) return undefined
  return targets.flatMap((target) => target ?? [])
}

function readTarget(text: string): HeartbeatTarget | undefined {
  const [address = '', token = '', ...rest] = text.split(/\s+/)
  const url = httpUrl(address)
  if (url === undefined || rest.length > 0) return undefined
  const isValid = /\/api\/v1\/heartbeats\/[\w.-]+$/.test(url.pathname) && token.length >= 16 && !/[^!-~]/.test(token)
  return isValid ? { url: new Secret(address), token: new Secret(token), host: url.host } : undefined
}
