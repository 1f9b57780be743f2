import { startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf } from '../table.ts'
import type { Kind } from './once-program.ts'

const kinds: readonly Kind[] = ['without once', 'memory', 'memory, reused', 'SQLite', 'SQLite, reused']

export interface OnceResult {
  readonly rounds: number
  readonly calls: number
  /** Microseconds of a call. */
  readonly rows: readonly { readonly kind: Kind; readonly microseconds: Spread }[]
}

/** The benchmark of tools with `once`. */
export const once: Part<OnceResult> = {
  name: 'once',
  measure: ({ isShort }) => measureOnce(isShort ? 20 : 200, 100),
  section({ rounds, calls, rows }) {
    const cells = rows.map(({ kind, microseconds }) => [kind, microseconds.median.toFixed(2), middleHalf(microseconds, 2)])
    return `## Tools that run once

\`\`\`
${asciiTable(['store', 'us', 'middle half'], cells)}
\`\`\`

A call of a tool that returns at once, without an OpenTelemetry SDK, in runs of ${calls} different calls; ${rounds} runs of each kind in turn, after as many to
warm up. "Reused" is a call of the second attempt, whose result is that of the first. SQLite syncs its file before and after each call. The goals: less
than 5 us in memory, less than 1,000 us with SQLite.
`
  },
}

async function measureOnce(rounds: number, calls: number): Promise<OnceResult> {
  const program = startProgram(new URL('once-program.ts', import.meta.url))
  try {
    const measured = kinds.map((kind) => ({ kind, microseconds: [] as number[] }))
    for (let round = 0; round < 2 * rounds; round += 1) {
      for (const { kind, microseconds } of measured) {
        const value = await program.ask<number>({ kind, calls })
        if (round >= rounds) microseconds.push(value)
      }
    }
    return { rounds, calls, rows: measured.map(({ kind, microseconds }) => ({ kind, microseconds: spreadOf(microseconds) })) }
  } finally {
    await program.end()
  }
}
