import { instrumentAgent } from '@swarmwatch/sdk'
import { handleAll, IterableBackoff, retry } from 'cockatiel'

import { peersOnOurProvider, type Peer } from '../peers/peers.ts'
import { sentry } from '../peers/sentry.ts'
import { traceloop } from '../peers/traceloop.ts'
import { byHand } from './by-hand.ts'
import { oneSpanByHand } from './one-span-by-hand.ts'
import type { Stand } from './stands.ts'

export type Task = (text: string) => Promise<number>

/** Ways to call the agent at a stand, by name; a text says why one cannot be measured. */
export async function variantsOf({ name, says }: Stand, noPeers: string | undefined): Promise<Record<string, Task | string>> {
  const task: Task = async (text) => text.length
  const ours = { [`swarmwatch${says}`]: instrumentAgent(task, { name: 'swarmwatch' }) }
  const base = { [`bare${says}`]: task, [`by hand${says}`]: byHand('by-hand', task) }
  const theirs = (...peers: Peer[]) => wrappedByPeers(task, peers, noPeers)
  switch (name) {
    case 'sentry':
      return { bare: task, ...(await theirs(sentry)) }
    case 'traceloop':
      return { bare: task, ...(await theirs(traceloop)) }
    case 'sdk-3':
      return {
        ...base,
        'one span by hand': oneSpanByHand('one', task),
        ...ours,
        ...oursWith(task),
        ...(await theirs(...peersOnOurProvider)),
      }
    case 'sdk-2':
      return { ...base, 'one span by hand': oneSpanByHand('one', task), ...ours, ...(await theirs(...peersOnOurProvider)) }
    default:
      return { ...base, ...ours }
  }
}

function oursWith(task: Task): Record<string, Task> {
  const policy = retry(handleAll, { maxAttempts: 3, backoff: new IterableBackoff([5_000, 15_000, 30_000]) })
  return {
    'swarmwatch, recovery: false': instrumentAgent(task, { name: 'no-recovery', recovery: false }),
    'swarmwatch, a policy of yours': instrumentAgent(task, { name: 'policy', policy }),
    'swarmwatch, content captured': instrumentAgent(task, { name: 'content', captureInput: true, captureOutput: true }),
  }
}

async function wrappedByPeers(
  task: Task,
  peers: readonly Peer[],
  noPeers: string | undefined,
): Promise<Record<string, Task | string>> {
  const wrapped: Record<string, Task | string> = {}
  for (const { package: name, call, load } of peers) {
    const variant = `${name} ${call}`
    try {
      wrapped[variant] = noPeers ?? (await load())(task, variant)
    } catch (error) {
      wrapped[variant] = `does not load: ${String(error)}`
    }
  }
  return wrapped
}
