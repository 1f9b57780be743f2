import { readFile } from 'node:fs/promises'

import { type Application, applications } from './applications.ts'

/** The table of `docs/applications.md`. */
export async function applicationsTable(): Promise<string> {
  const rows = await Promise.all(applications.map(async (each) => [each.what, await versionsOf(each), each.checked]))
  return [['application', 'versions', 'what is checked'], ['-', '-', '-'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

async function versionsOf({ name }: Application): Promise<string> {
  const text = await readFile(new URL(`programs/${name}/package.json`, import.meta.url), 'utf8')
  const { dependencies, devDependencies } = JSON.parse(text) as Record<string, Record<string, string>>
  const installed = { ...dependencies, ...devDependencies }
  // Types and what only accompanies the others is left out
  const shown = Object.entries(installed).filter(
    ([dependency]) => !/^(@types|@opentelemetry\/(?!sdk-node|auto))/.test(dependency),
  )
  return shown.map(([dependency, version]) => `${dependency} ${version}`).join(', ') || 'Node 24'
}
