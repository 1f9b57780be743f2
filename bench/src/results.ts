import { readFile, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'

/** Measurements of one part, with date and machine. */
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

/** Where and with what was measured. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly system: string
  readonly node: string
  readonly versions: Readonly<Record<string, string>>
}

const compared = ['@opentelemetry/api', '@opentelemetry/sdk-trace', '@opentelemetry/sdk-metrics', 'cockatiel']

export async function describeMachine(): Promise<Machine> {
  const versions = await Promise.all(compared.map(async (name) => [name, await versionOf(name)] as const))
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    versions: Object.fromEntries(versions),
  }
}

async function versionOf(name: string): Promise<string> {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version
}
