import { startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf } from '../table.ts'
import type { Kind } from './experiment-program.ts'

const kinds: readonly Kind[] = ['no variant', 'a name', 'experiment, random', 'experiment, by key']

interface ExperimentResult {
  readonly rounds: number
  readonly runs: number
  /** Microseconds of a run. */
  readonly rows: readonly { readonly kind: Kind; readonly microseconds: Spread }[]
}

/** The benchmark of variants and experiments. */
export const experiment: Part<ExperimentResult> = {
  name: 'experiment',
  measure: ({ isShort }) => measureExperiment(isShort ? 20 : 200, 1_000),
  section({ rounds, runs, rows }) {
    const cells = rows.map(({ kind, microseconds }) => [kind, microseconds.median.toFixed(2), middleHalf(microseconds, 2)])
    return `## Experiments

\`\`\`
${asciiTable(['the variant of a run', 'us', 'middle half'], cells)}
\`\`\`

A run of an agent that returns at once, without an OpenTelemetry SDK; ${rounds} times ${runs} runs of each kind in turn, after as many to warm up. An
experiment also records the event of its evaluation; a key is hashed with SHA-256.
`
  },
}

async function measureExperiment(rounds: number, runs: number): Promise<ExperimentResult> {
  const program = startProgram(new URL('experiment-program.ts', import.meta.url))
  try {
    const measured = kinds.map((kind) => ({ kind, microseconds: [] as number[] }))
    for (let round = 0; round < 2 * rounds; round += 1) {
      for (const { kind, microseconds } of measured) {
        const value = await program.ask<number>({ kind, runs })
        if (round >= rounds) microseconds.push(value)
      }
    }
    return { rounds, runs, rows: measured.map(({ kind, microseconds }) => ({ kind, microseconds: spreadOf(microseconds) })) }
  } finally {
    await program.end()
  }
}
