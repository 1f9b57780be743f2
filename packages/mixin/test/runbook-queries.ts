import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from '../engines/stack-files.ts'

const folder = join(root, 'docs/runbooks')

/** What the checks of the runbooks ask Prometheus. */
export function runbookQueries(): readonly string[] {
  const pages = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  return pages.flatMap((page) => [...page.matchAll(/query '([^']*)'/g)].map(([, expr]) => expr!))
}
