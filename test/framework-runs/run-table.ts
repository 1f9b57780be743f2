import { readFile, writeFile } from 'node:fs/promises'

import type { BilledTokens } from '@swarmwatch/testkit/providers'

import type { Played } from './play-run.ts'

/** Price of the model `m` in US dollars per million tokens. */
export const price = { input: 2, output: 10, cacheRead: 0.2 } as const

/** Returns the cost of the provider's bills at {@link price}. */
export function costOf({ inputTokens, outputTokens, cacheReadInputTokens }: BilledTokens): number {
  const input = (inputTokens - cacheReadInputTokens) * price.input + cacheReadInputTokens * price.cacheRead
  return (input + outputTokens * price.output) / 1e6
}

/** The columns of the table in docs/model-calls.md. */
const columns = [
  'framework',
  'kind',
  'situation',
  'outcome',
  '`error.type`',
  'attempts',
  'HTTP requests',
  'model calls',
  'tool calls',
  'input tokens',
  'output tokens',
  'USD',
] as const

/** The row of a run. */
export function rowOf({ run, provider }: Pick<Played, 'run' | 'provider'>): string[] {
  return [
    run.outcome ?? '',
    run.errorType ?? '',
    run.attempts.length,
    provider.requests.length,
    run.modelCalls,
    run.toolCalls,
    run.inputTokens,
    run.outputTokens,
    run.costUsd.toFixed(6),
  ].map(String)
}

const page = new URL('../../docs/model-calls.md', import.meta.url)
const [begin, end] = ['<!-- runs -->', '<!-- end of runs -->']

/** Reads the cells of the table in docs/model-calls.md. */
export async function readRows(): Promise<string[][]> {
  const [, table = ''] = (await readFile(page, 'utf8')).split(begin)
  const lines = table
    .split(end)[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** Writes the table into docs/model-calls.md. */
export async function writeRows(rows: readonly (readonly string[])[]): Promise<void> {
  const [before, rest = ''] = (await readFile(page, 'utf8')).split(begin)
  const table = [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
  await writeFile(page, `${before}${begin}\n\n${table}\n\n${end}${rest.split(end)[1]}`)
}
