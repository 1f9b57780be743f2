import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { applicationsTable } from './apps/applications-table.ts'
import { applications } from './apps/applications.ts'
import { tryApplications } from './apps/try-applications.ts'

tryApplications(applications.filter(({ isShort }) => isShort))

test('docs/applications.md lists every application that is tried, with its versions', async () => {
  const page = await readFile('docs/applications.md', 'utf8')
  // cells as they are; the formatter of the docs only pads them
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  const cellsOf = (row: string): string[] => row.split('|').map((cell) => cell.trim())
  expect(rows.slice(2).map(cellsOf)).toEqual((await applicationsTable()).split('\n').slice(2).map(cellsOf))
})
