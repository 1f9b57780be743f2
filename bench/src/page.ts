import { wrapProse } from '../../prose/wrap-prose.ts'
import type { Part } from './part.ts'
import type { Machine, Results } from './results.ts'

/** docs/benchmarks.md: what is compared, the numbers, when and where each was measured. */
export function benchmarksPage(parts: readonly Part[], results: Results): string {
  const sections = parts.flatMap((part) => {
    const measured = results[part.name]
    if (measured === undefined) return []
    return [`${part.section(measured.result).trim()}\n\n${origin(measured.measuredOn, measured.machine)}`]
  })
  return wrapProse(`${introduction(parts)}\n${sections.join('\n\n')}\n`)
}

function introduction(parts: readonly Part[]): string {
  const names = parts.map(({ name }) => `\`${name}\``).join(', ')
  return `# Benchmarks

Written by \`npx pnpm@12.21.0 bench\`; do not edit. All of it takes about three quarters of an hour; \`npx pnpm@12.21.0 bench calls heap\` measures only these
parts and keeps the other results; \`bench page\` measures nothing and writes this page again. Parts: ${names}.
The peers are installed into \`bench/peers\` first (260 MB). Compare ratios of one run, not microseconds of two.

\`BENCH_SHORT=1\` takes less than a minute, measures only what has a ratio to judge, leaves out the peers and this page, and fails when a ratio misses its
goal by more than twice. CI runs it.
`
}

function origin(measuredOn: string, { processor, cores, memoryGigabytes, system, node, versions }: Machine): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const where = `${processor}, ${cores} cores, ${memoryGigabytes} GB, ${system}`
  return `Measured on ${measuredOn}: ${where}; node ${node}, ${named.join(', ')}.`
}
