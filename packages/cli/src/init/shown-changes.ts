import { stripVTControlCharacters, styleText } from 'node:util'

import { createTwoFilesPatch } from 'diff'

import type { FileChange } from './plan.ts'

/**
 * The changes for a person: a diff of each file that is edited, and the names of those that are created or deleted. Control characters
 * of the files are not printed.
 */
export function shownChanges(changes: readonly FileChange[], folder: string): string {
  const isOfStack = ({ path }: FileChange): boolean => path.startsWith(`${folder}/`)
  const created = changes.filter(({ before }) => before === undefined)
  const stack = created.filter(isOfStack)
  const edited = changes.filter((change) => change.before !== undefined || !isOfStack(change))
  const diffs = edited.map(({ path, before, after }) => diffOf(path, before, after))
  const lines = stack.reduce((sum, { after = '' }) => sum + after.split('\n').length - 1, 0)
  const summary =
    stack.length === 0
      ? []
      : [
          `${styleText('green', `+ ${folder}/`)}  ${stack.length} new files, ${lines} lines:`,
          ...stack.map(({ path }) => styleText('green', `+   ${path}`)),
        ]
  return [...diffs, ...summary].join('\n')
}

function diffOf(path: string, before: string | undefined, after: string | undefined): string {
  const [from, to] = [before === undefined ? '/dev/null' : `a/${path}`, after === undefined ? '/dev/null' : `b/${path}`]
  if (after === undefined) return styleText('red', `- ${path} is deleted`)
  const patch = createTwoFilesPatch(from, to, before ?? '', after, undefined, undefined, { context: 2 })
  return stripVTControlCharacters(patch)
    .split('\n')
    .slice(1)
    .map((line) => {
      if (/^(?:---|\+\+\+)/.test(line)) return styleText('bold', line.trimEnd())
      if (line.startsWith('@@')) return styleText('cyan', line)
      if (line.startsWith('+')) return styleText('green', line)
      return line.startsWith('-') ? styleText('red', line) : line
    })
    .join('\n')
}
