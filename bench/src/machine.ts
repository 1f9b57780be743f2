import { readFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'

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
