import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { type Application, applications } from './apps/applications.ts'
import { tryApplications } from './apps/try-applications.ts'

tryApplications(applications.filter(({ isShort }) => isShort))

test('docs/applications.md lists every application that is tried, with its versions', async () => {
  const page = await readFile('docs/applications.md', 'utf8')
  // cells as they are; the formatter of the docs only pads them
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  const cellsOf = (row: string): string[] => row.split('|').map((cell) => cell.trim())
  expect(rows.slice(2).map(cellsOf)).toEqual((await applicationsTable()).split('\n').slice(2).map(cellsOf))
})

/** The table of `docs/applications.md`. */
async function applicationsTable(): Promise<string> {
  const rows = await Promise.all(applications.map(async (each) => [each.what, await versionsOf(each), each.checked]))
  return [['application', 'versions', 'what is checked'], ['-', '-', '-'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

async function versionsOf({ name }: Application): Promise<string> {
  const text = await readFile(new URL(`apps/programs/${name}/package.json`, import.meta.url), 'utf8')
  const { dependencies, devDependencies } = JSON.parse(text) as Record<string, Record<string, string>>
  const installed = { ...dependencies, ...devDependencies }
  // Types and what only accompanies the others is left out
  const shown = Object.entries(installed).filter(
    ([dependency]) => !/^(@types|@opentelemetry\/(?!sdk-node|auto))/.test(dependency),
  )
  return shown.map(([dependency, version]) => `${dependency} ${version}`).join(', ') || 'Node 24'
}
