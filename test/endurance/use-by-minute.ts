import { type ContainerUse } from '@swarmwatch/testkit/stack'

import { markdownTable } from './markdown-table.ts'

/** What a container used: its memory by minute, and the middle of its use of a core. */
export interface UseByMinute {
  readonly name: string
  readonly megabytes: readonly number[]
  /** Share of one core, 0-1. */
  readonly cpu: number
}

/** Puts the samples of each minute together. */
export function useByMinute(...minutes: readonly (readonly (readonly ContainerUse[])[])[]): readonly UseByMinute[] {
  const names = minutes[0]?.[0]?.map(({ name }) => name) ?? []
  return names.toSorted().map((name) => {
    const own = minutes.map((samples) => samples.flatMap((sample) => sample.find((use) => use.name === name) ?? []))
    const cpus = own.flat().map(({ cpu }) => cpu)
    return {
      name,
      megabytes: own.map((uses) => uses.reduce((sum, { memoryMegabytes }) => sum + memoryMegabytes, 0) / uses.length),
      cpu: cpus.toSorted((a, b) => a - b)[Math.floor(cpus.length / 2)] ?? 0,
    }
  })
}

/** A line for each container. */
export function useTable(uses: readonly UseByMinute[]): string {
  const minutes = uses[0]?.megabytes.map((_, minute) => `${minute + 1}`) ?? []
  const rows = uses.map(({ name, cpu, megabytes }) => [
    name,
    `${(cpu * 100).toFixed(1)} %`,
    ...megabytes.map((amount) => amount.toFixed(0)),
  ])
  return markdownTable([['container', 'core', ...minutes], ...rows])
}
