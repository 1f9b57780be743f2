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
  /** Copying and comparing the same arguments by hand. */
  readonly copied: Spread
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
    const cells = rows.map(({ arguments: kind, calls, without, limited, added, copied }) => [
      kind,
      String(calls),
      without.median.toFixed(2),
      limited.median.toFixed(2),
      added.median.toFixed(2),
      middleHalf(added, 2),
      copied.median.toFixed(2),
      (added.median / copied.median).toFixed(1),
    ])
    return `## The limit on repeated tool calls

\`\`\`
${asciiTable(['arguments', 'calls', 'us without', 'us with', 'added us', 'middle half', 'copied us', 'x copied'], cells)}
\`\`\`

A call of a tool that returns at once, without an OpenTelemetry SDK, in runs with and without \`loop: { sameToolCall: 5 }\`; ${rounds} runs of each kind in
turn, after as many to warm up. "Calls" is their number in a run; all are different, except that each of the equal texts and tables is written five times. Each
call is kept as a list of its primitive values, texts by reference. It is compared only when five others may be equal to it; where one of them differs, that place
divides the calls from then on. Each attempt keeps a million characters, and all attempts of a process 32 million more; beyond these, the oldest call is forgotten,
as in the row of 800 calls: 40 million characters in one attempt.

"Copied" is a plain version by hand, for these arguments only and in the same process: \`push\` keeps the values, and \`every\` compares them with those of the
call before. The load of the machine slows both. The goal is less than 3 us: ${goal(rows)}.
`
  },
}

function goal(rows: readonly Row[]): string {
  const missed = rows.filter(({ added }) => added.median >= 3).map(({ arguments: kind, calls }) => `${kind} (${calls} calls)`)
  return missed.length === 0 ? 'all rows meet it' : `missed by ${missed.join(', ')}`
}

async function measureLoop(rounds: number): Promise<LoopResult> {
  const program = startProgram(new URL('loop-program.ts', import.meta.url))
  try {
    const measured = cases.map((each) => ({
      ...each,
      without: [] as number[],
      limited: [] as number[],
      copied: [] as number[],
    }))
    for (let round = 0; round < 2 * rounds; round += 1) {
      for (const { arguments: kind, calls, without, limited, copied } of measured) {
        const question = { arguments: kind, calls } satisfies Partial<LoopQuestion>
        const times = [
          await program.ask<number>({ ...question, mode: 'without' }),
          await program.ask<number>({ ...question, mode: 'limit' }),
          await program.ask<number>({ ...question, mode: 'copy' }),
        ] as const
        if (round < rounds) continue
        without.push(times[0])
        limited.push(times[1])
        copied.push(times[2])
      }
    }
    const rows = measured.map(({ arguments: kind, calls, without, limited, copied }) => ({
      arguments: kind,
      calls,
      without: spreadOf(without),
      limited: spreadOf(limited),
      copied: spreadOf(copied),
      added: spreadOf(limited.map((time, run) => time - without[run]!)),
    }))
    return { rounds, rows }
  } finally {
    await program.end()
  }
}
