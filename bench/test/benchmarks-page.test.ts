import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { benchmarksPage, wrapProse } from '../src/page.ts'
import { parts } from '../src/parts.ts'
import { readResults } from '../src/results.ts'

test('docs/benchmarks.md shows every result in bench/results.json', async () => {
  const results = await readResults()
  expect(Object.keys(results).toSorted()).toEqual(parts.map(({ name }) => name).toSorted())
  expect(await readFile(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8')).toBe(benchmarksPage(parts, results))
})

test('every part has a name and a section of its own', () => {
  expect(new Set(parts.map(({ name }) => name)).size).toBe(parts.length)
})

test('prose of the page is wrapped at 100 columns, and code, tables and headings are not', () => {
  const words = Array.from({ length: 30 }, () => 'measured').join(' ')
  const code = `\`\`\`\n${words}\n\`\`\``
  const wrapped = [11, 11, 8].map((count) => Array.from({ length: count }, () => 'measured').join(' '))
  const item = `- ${[11, 11, 8].map((count) => Array.from({ length: count }, () => 'measured').join(' ')).join('\n  ')}`
  expect(wrapProse(`# ${words}\n\n${words}\n\n${code}\n\n- ${words}\n- one\n`)).toBe(
    `# ${words}\n\n${wrapped.join('\n')}\n\n${code}\n\n${item}\n- one\n`,
  )
})
