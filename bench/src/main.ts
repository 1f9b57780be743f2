import { writeFile } from 'node:fs/promises'
import { argv, env } from 'node:process'

import { benchmarksPage } from './page.ts'
import { farOffFactor, isFarOff, type Part, type Ratio, type Run } from './part.ts'
import { parts } from './parts.ts'
import { installPeers } from './peers/import-peer.ts'
import { describeMachine, readResults, type Results, writeResults } from './results.ts'

const isShort = env['BENCH_SHORT'] === '1'
const chosen = choose(argv.slice(2))
const run: Run = { isShort, noPeers: await missingPeers() }
const machine = await describeMachine()
const measuredOn = new Date().toISOString().slice(0, 10)

let measured: Results = {}
const ratios: Ratio[] = []
for (const part of chosen) {
  const reason = await part.cannotRun?.(run)
  if (reason !== undefined) {
    console.log(`\n(${part.name} is not measured: ${reason})\n`)
    continue
  }
  const result = await part.measure(run)
  console.log(`\n${part.section(result).trim()}`)
  measured = { ...measured, [part.name]: { measuredOn, machine, result } }
  ratios.push(...(part.ratios?.(result) ?? []))
  // After each part: what was measured is not lost with a later one
  if (!isShort) await write()
}
if (!isShort) await write()
console.log(
  isShort
    ? '\nshort run: docs/benchmarks.md and bench/results.json stay as they were'
    : '\nwrote docs/benchmarks.md and bench/results.json',
)
if (isShort) judge()

function choose(names: readonly string[]): readonly Part[] {
  const known = parts.map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (names.length === 1 && names[0] === 'page') return []
  if (unknown.length > 0) throw new Error(`a part must be one of ${known.join(', ')}, or page alone, got ${unknown.join(', ')}`)
  if (names.length > 0) return parts.filter(({ name }) => names.includes(name))
  // A short run is there to judge
  return isShort ? parts.filter((part) => part.ratios !== undefined) : parts
}

async function missingPeers(): Promise<string | undefined> {
  if (isShort) return 'left out of a short run'
  return chosen.some(({ hasPeers }) => hasPeers) ? installPeers() : undefined
}

async function write(): Promise<void> {
  // Another run may have written meanwhile
  const results = { ...(await readResults()), ...measured }
  await writeResults(results)
  await writeFile(new URL('../../docs/benchmarks.md', import.meta.url), benchmarksPage(parts, results))
}

function judge(): void {
  for (const ratio of ratios) {
    const goal = 'atMost' in ratio.goal ? `at most ${ratio.goal.atMost}` : `at least ${ratio.goal.atLeast}`
    const verdict = isFarOff(ratio) ? `FAR OFF (more than ${farOffFactor} x)` : 'ok'
    console.log(`${verdict}: ${ratio.what} is ${ratio.value.toFixed(2)} x, the goal is ${goal}`)
  }
  if (ratios.some(isFarOff)) process.exitCode = 1
}
