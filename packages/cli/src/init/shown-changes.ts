import { stripVTControlCharacters, styleText } from 'node:util'

import { createTwoFilesPatch } from 'diff'

import type { FileChange } from './plan.ts'

/** Parts of the stack by the paths below its folder, in the order of the list; the last one takes the rest. */
const parts = [
  [/^compose\.yaml$|Dockerfile/, 'compose.yaml, Dockerfiles', 'the services and their images'],
  [/^config\/|\.env/, 'config/, .env.production, app.env', 'settings for you to edit: ports, alert channels, thresholds'],
  [/^collector\/prometheus\/rules\//, 'collector/prometheus/rules/', 'alert rules'],
  [/^collector\//, 'collector/', 'Collector, Prometheus, Alertmanager, Jaeger'],
  [/^grafana\/dashboards\//, 'grafana/dashboards/', 'dashboards'],
  [/^grafana\//, 'grafana/', 'Grafana'],
  [/^/, 'README.md, ignore files', 'how to use it, and what is not committed'],
] as const

/**
 * The changes for a person: a diff of each file that is edited, and the names of those that are created or deleted; a whole stack is listed
 * by its parts. Control characters of the files are not printed.
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
          ...shownFiles(stack.map(({ path }) => path.slice(folder.length + 1))).map((line) => styleText('green', `+   ${line}`)),
        ]
  return [...diffs, ...summary].join('\n')
}

/** At most ten files by name, as an update may add them; more by their part of the stack. */
function shownFiles(paths: readonly string[]): readonly string[] {
  if (paths.length <= 10) return paths
  const byPart = Map.groupBy(paths, (path) => parts.find(([pattern]) => pattern.test(path))!)
  return parts.flatMap((part) => {
    const [, names, purpose] = part
    const count = byPart.get(part)?.length ?? 0
    return count === 0 ? [] : [`${names.padEnd(34)} ${String(count).padStart(2)} ${count === 1 ? 'file' : 'files'}, ${purpose}`]
  })
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
