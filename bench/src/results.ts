import { readFile, writeFile } from 'node:fs/promises'

import type { Machine } from './machine.ts'

/** What was measured of one part, when and where. */
export interface Measured {
  /** The day, in UTC. */
  readonly measuredOn: string
  readonly machine: Machine
  readonly result: unknown
}

/** The newest result of each part that was ever measured in full, by its name. */
export type Results = Readonly<Record<string, Measured>>

const file = new URL('../results.json', import.meta.url)

export async function readResults(): Promise<Results> {
  return JSON.parse(await readFile(file, 'utf8')) as Results
}

export async function writeResults(results: Results): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`)
}
