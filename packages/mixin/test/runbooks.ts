import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'

/** A page of docs/runbooks. */
export interface Runbook {
  /** Name of the alert, or `README`. */
  readonly name: string
  readonly text: string
  /** Lines of its code blocks. */
  readonly commandLines: readonly string[]
  /** Code in its sentences: commands, names and settings. */
  readonly inlineCode: readonly string[]
}

/** All runbooks, and the README with the functions that their commands use. */
export const runbooks: readonly Runbook[] = readdirSync(join(repositoryRoot, 'docs/runbooks')).map((file) => {
  const text = readFileSync(join(repositoryRoot, 'docs/runbooks', file), 'utf8')
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block!)
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
  return {
    name: file.replace(/\.md$/, ''),
    text,
    commandLines: blocks.flatMap((block) => block.split('\n').map((line) => line.trim())).filter((line) => line !== ''),
    inlineCode: [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replaceAll(/\s+/g, ' ')),
  }
})

/** The PromQL queries in the commands of all runbooks. */
export const runbookQueries: readonly string[] = runbooks.flatMap(({ commandLines, inlineCode }) =>
  [...commandLines, ...inlineCode].flatMap((line) => [...line.matchAll(/^query '([^']*)'/g)].map(([, expr]) => expr!)),
)
