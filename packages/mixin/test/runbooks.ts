import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'

import { simpleCommands, withoutBlock } from '../src/kubernetes/runbook-commands.ts'

/** A page of docs/runbooks. */
export interface Runbook {
  /** Name of the alert, or `README`. */
  readonly name: string
  /** Without the commands for Kubernetes, which `pnpm mixin` writes at its end. */
  readonly text: string
  /** Lines of its code blocks. */
  readonly commandLines: readonly string[]
  /** Code in its sentences: commands, names and settings. */
  readonly inlineCode: readonly string[]
}

/** All runbooks, and the README with the functions that their commands use. */
export const runbooks: readonly Runbook[] = readdirSync(join(repositoryRoot, 'docs/runbooks')).map((file) => {
  const text = withoutBlock(readFileSync(join(repositoryRoot, 'docs/runbooks', file), 'utf8'))
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

/** A command of a runbook, without the commands that filter its output. */
export interface RunbookCommand {
  readonly runbook: string
  /** The command as the runbook prints it. */
  readonly printed: string
  /** The same with real names in place of the words in capitals. */
  readonly command: string
  readonly kind: CommandKind
}

/**
 * `run`: runs in the tests. `unknown`: neither a command that the tests know nor a name, a setting
 * or a message.
 */
export type CommandKind = 'run' | 'filter' | 'unknown' | { readonly notRun: string }

/**
 * Kinds of commands by their beginning. A command of a new kind belongs here, with a way to run it
 * or the reason why not.
 */
const kinds: readonly (readonly [RegExp, CommandKind])[] = [
  [/^(query|amtool|silence|dc) /, 'run'],
  [/^docker (stats --no-stream|system df|inspect )/, 'run'],
  [/^git (log|status|diff) /, 'run'],
  [/^date -u$/, 'run'],
  [/^(grep|tail|head)( |$)/, 'filter'],
  [/^df -h \//, { notRun: 'it reads the disk of the host, where the folder of Docker can be another' }],
  [/^git checkout /, { notRun: 'it discards changes' }],
  [
    /^npx pnpm@[\d.]+ (secrets|mixin)$/,
    { notRun: 'it writes files of the repository; tests of packages/secrets and packages/mixin run it' },
  ],
]

/** Inline code with blanks that is no command: settings, and messages of programs. */
const notCommands = /^\w+: (?:\{.*\}|\w+)$|^(connection refused|found duplicate series|invoke_agent NAME)$/

/** Words in capitals that the reader replaces. */
const realNames: Readonly<Record<string, string>> = { NAME: 'writer', JOB: 'agents/workers', SERVICE: 'prometheus', N: '3' }

/** All commands of all runbooks. */
export function runbookCommands(pages: readonly Runbook[] = runbooks): readonly RunbookCommand[] {
  return pages.flatMap(({ name, commandLines, inlineCode }) => {
    const blocks = name === 'README' ? [] : commandLines
    const inline = inlineCode.filter((code) => code.includes(' ') && !notCommands.test(code))
    return [...blocks, ...inline].flatMap((line) =>
      simpleCommands(line).map((printed) => ({
        runbook: name,
        printed,
        command: printed.replaceAll(/\b(NAME|JOB|SERVICE|N)\b/g, (word) => realNames[word]!),
        kind: kinds.find(([pattern]) => pattern.test(printed))?.[1] ?? 'unknown',
      })),
    )
  })
}

/** The shell functions `query`, `amtool` and `silence` of the README; `dc` is not among them. */
export const shellFunctions: string = runbooks
  .find(({ name }) => name === 'README')!
  .commandLines.filter((line) => !line.startsWith('dc() '))
  .join('\n')
