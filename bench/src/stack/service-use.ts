import { setTimeout as delay } from 'node:timers/promises'

import { type ContainerUse, containerUses, type ProductionStack } from '@swarmwatch/testkit/stack'

import { median } from '../statistics.ts'

/** Looks at all containers again and again until it is told to stop; gives the middle of what each used. */
export function watchUse(stack: ProductionStack, everyMs = 5_000): { stop(): Promise<readonly ContainerUse[]> } {
  const stopping = new AbortController()
  const samples: ContainerUse[] = []
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      samples.push(...(await containerUses(stack)))
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  watching.catch(() => {})
  return {
    async stop() {
      stopping.abort()
      await watching
      return [...new Set(samples.map(({ name }) => name))].toSorted().map((name) => {
        const own = samples.filter((sample) => sample.name === name)
        return {
          name,
          memoryMegabytes: median(own.map(({ memoryMegabytes }) => memoryMegabytes)),
          cpu: median(own.map(({ cpu }) => cpu)),
        }
      })
    },
  }
}
