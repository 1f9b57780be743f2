import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'

import { answerQuestions } from '../own-process.ts'

/** Arguments of the calls. Calls are different; of those called equal, each is made `sameToolCall` times. */
export type Arguments =
  | 'two values'
  | 'a text of 1 KB'
  | 'a text of 50 KB'
  | 'a text of 50 KB, another word within'
  | 'equal texts of 50 KB'
  | '100 rows of 5 values'
  | '100 rows of 5 values, another cell'
  | 'equal tables of 100 rows of 5 values'

export interface LoopQuestion {
  readonly arguments: Arguments
  /** `copy` keeps and compares these arguments by hand. */
  readonly mode: 'without' | 'limit' | 'copy'
  readonly calls: number
}

/** A text with the number of the call at an index. */
function textOf(length: number, call: number, at = 10): string {
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(length / 45)).slice(0, length - 8)
  // From bytes, as a text that a client has read: one piece in memory, of its own
  return Buffer.from(text.slice(0, at) + String(call).padStart(8, '0') + text.slice(at)).toString()
}

function tableOf(amountOf: (row: number) => number): unknown {
  return {
    rows: Array.from({ length: 100 }, (_, row) => ({
      row,
      amount: amountOf(row),
      name: 'widget',
      price: 9.99,
      currency: 'EUR',
    })),
  }
}

function argumentsOf(kind: Arguments, call: number): unknown {
  const repeated = Math.floor(call / sameToolCall)
  switch (kind) {
    case 'a text of 1 KB':
      return { path: 'report.md', content: textOf(1_000, call) }
    case 'a text of 50 KB':
      return { path: 'report.md', content: textOf(50_000, call) }
    case 'a text of 50 KB, another word within':
      return { path: 'report.md', content: textOf(50_000, call, 25_010) }
    case 'equal texts of 50 KB':
      return { path: 'report.md', content: textOf(50_000, repeated) }
    case '100 rows of 5 values':
      return tableOf(() => call)
    case '100 rows of 5 values, another cell':
      return tableOf((row) => (row === 53 ? call : 0))
    case 'equal tables of 100 rows of 5 values':
      return tableOf(() => repeated)
    default:
      return { to: 'a@example.com', amount: call }
  }
}

interface Table {
  readonly rows: readonly {
    readonly row: number
    readonly amount: number
    readonly name: string
    readonly price: number
    readonly currency: string
  }[]
}

const sameToolCall = 5

let copies: unknown[][] = []
let equalCopies = 0

/** Keeps the values of a table and compares them with those of the call before; compares a text with that of the call before. */
function copy(argument: unknown): void {
  const values: unknown[] = []
  if (isTable(argument))
    for (const { row, amount, name, price, currency } of argument.rows) values.push(row, amount, name, price, currency)
  else values.push(...Object.values(argument as object))
  const before = copies.at(-1)
  copies.push(values)
  if (before?.length === values.length && values.every((value, at) => value === before[at])) equalCopies += 1
}

function isTable(argument: unknown): argument is Table {
  return Array.isArray((argument as Partial<Table>).rows)
}

/** Returns the microseconds of a call of a tool, in one run with this number of calls. */
answerQuestions<LoopQuestion, number>(async ({ arguments: kind, mode, calls }) => {
  const tool = instrumentTool((_: unknown) => true, { name: 'write' })
  const prepared = Array.from({ length: calls }, (_, call) => argumentsOf(kind, call))
  copies = []
  let microseconds = 0
  const agent = instrumentAgent(
    async () => {
      const startedMs = performance.now()
      if (mode === 'copy') for (const argument of prepared) copy(argument)
      else for (const argument of prepared) tool(argument)
      microseconds = ((performance.now() - startedMs) * 1000) / calls
    },
    { name: 'writer', logger: false, ...(mode === 'limit' && { loop: { sameToolCall } }) },
  )
  await agent()
  if (mode === 'copy' && kind.startsWith('equal') && equalCopies === 0) throw new Error('the copies of equal calls differ')
  return microseconds
})
