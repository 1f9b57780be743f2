import { startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf } from '../table.ts'
import type { Arguments, LoopQuestion } from './loop-program.ts'

const cases: readonly { readonly arguments: Arguments; readonly calls: number }[] = [
  { arguments: 'two values', calls: 20 },
  { arguments: 'a text of 1 KB', calls: 20 },
  { arguments: 'a text of 50 KB', calls: 20 },
  { arguments: 'a text of 50 KB', calls: 100 },
  { arguments: 'a text of 50 KB', calls: 800 },
  { arguments: 'a text of 50 KB, another word within', calls: 20 },
  { arguments: 'equal texts of 50 KB', calls: 20 },
  { arguments: '100 rows of 5 values', calls: 20 },
  { arguments: '100 rows of 5 values, another cell', calls: 20 },
  { arguments: 'equal tables of 100 rows of 5 values', calls: 20 },
]

interface Row {
  readonly arguments: Arguments
  readonly calls: number
  readonly without: Spread
  readonly limited: Spread
  /** With the limit minus without it, run by run. */
  readonly added: Spread
}

export interface LoopResult {
  readonly rounds: number
  readonly rows: readonly Row[]
}

/** The benchmark of the limit on repeated tool calls. */
export const loop: Part<LoopResult> = {
  name: 'loop',
  measure: ({ isShort }) => measureLoop(isShort ? 20 : 300),
  section({ rounds, rows }) {
    const cells = rows.map(({ arguments: kind, calls, without, limited, added }) => [
      kind,
      String(calls),
      without.median.toFixed(2),
      limited.median.toFixed(2),
      added.median.toFixed(2),
      middleHalf(added, 2),
    ])
    return `## The limit on repeated tool calls

\`\`\`
${asciiTable(['arguments', 'calls', 'us without', 'us with', 'added us', 'middle half'], cells)}
\`\`\`

A call of a tool that returns at once, without an OpenTelemetry SDK, in runs with and without \`loop\`; ${rounds} runs of each kind in turn, after as many to
warm up. "Calls" is their number in a run. Long texts are kept by reference up to a million characters in an attempt, and compared only with texts of the
same length and sample; from then on, the oldest one is replaced by its SHA-256 with each further text, which the row of 100 calls shows. Other values are
compared one by one. The goal, less than 3 us, is met by calls with few values and long texts. It is missed by tables, by texts that differ in one place only, and
after a million characters.
`
  },
}

async function measureLoop(rounds: number): Promise<LoopResult> {
  const program = startProgram(new URL('loop-program.ts', import.meta.url))
  try {
    const measured = cases.map((each) => ({ ...each, without: [] as number[], limited: [] as number[] }))
    for (let round = 0; round < 2 * rounds; round += 1) {
      for (const { arguments: kind, calls, without, limited } of measured) {
        const question = { arguments: kind, calls } satisfies Partial<LoopQuestion>
        const times = [
          await program.ask<number>({ ...question, hasLimit: false }),
          await program.ask<number>({ ...question, hasLimit: true }),
        ] as const
        if (round < rounds) continue
        without.push(times[0])
        limited.push(times[1])
      }
    }
    const rows = measured.map(({ arguments: kind, calls, without, limited }) => ({
      arguments: kind,
      calls,
      without: spreadOf(without),
      limited: spreadOf(limited),
      added: spreadOf(limited.map((time, run) => time - without[run]!)),
    }))
    return { rounds, rows }
  } finally {
    await program.end()
  }
}
