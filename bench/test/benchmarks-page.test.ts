import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { benchmarksPage } from '../src/page.ts'
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
