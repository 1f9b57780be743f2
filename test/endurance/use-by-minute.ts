import type { ContainerUse } from '../stack/container-state.ts'

/** What a container used: its memory by minute, and the middle of its use of a core. */
export interface UseByMinute {
  readonly name: string
  readonly megabytes: readonly number[]
  readonly cpu: number
}

/** Puts samples together, taken about every ten seconds. */
export function useByMinute(samples: readonly (readonly ContainerUse[])[], samplesPerMinute = 5): readonly UseByMinute[] {
  const names = samples[0]?.map(({ name }) => name) ?? []
  return names.toSorted().map((name) => {
    const own = samples.flatMap((sample) => sample.find((use) => use.name === name) ?? [])
    const minutes = Array.from({ length: Math.ceil(own.length / samplesPerMinute) }, (_, minute) =>
      own.slice(minute * samplesPerMinute, (minute + 1) * samplesPerMinute),
    )
    return {
      name,
      megabytes: minutes.map((minute) => minute.reduce((sum, { memoryMegabytes }) => sum + memoryMegabytes, 0) / minute.length),
      cpu: own.map(({ cpu }) => cpu).toSorted((a, b) => a - b)[Math.floor(own.length / 2)] ?? 0,
    }
  })
}

/** One line for each container. */
export function shownUse(uses: readonly UseByMinute[]): string {
  return uses
    .map(({ name, megabytes, cpu }) => {
      const memory = megabytes.map((amount) => amount.toFixed(0)).join(' ')
      return `${name.padEnd(18)} cpu ${(cpu * 100).toFixed(1).padStart(5)} %  MB ${memory}`
    })
    .join('\n')
}
