import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { publishedPackages } from '../src/pages.ts'
import { repositoryRoot } from '../src/repository.ts'

/** The commands of a block: without comments, with continued lines as one. */
export function commandsOf(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$|^#.*$/, '').trim())
    .filter((line) => line !== '')
}

/** Whether the command is of a kind that {@link commandProblem} can check. */
export function isKnownCommand(command: string): boolean {
  return kinds.some(({ form }) => form.test(command))
}

/** Why a command cannot work in this repository, or in a project with its packages; undefined when nothing is wrong. */
export function commandProblem(command: string): string | undefined {
  const kind = kinds.find(({ form }) => form.test(command))
  return kind === undefined ? 'a kind of command that is not known' : kind.problem(form(kind.form, command))
}

interface Kind {
  readonly form: RegExp
  /** `rest` is what follows the form. */
  readonly problem: (rest: readonly string[]) => string | undefined
}

const manifest = (path: string): Record<string, Record<string, string> | undefined> =>
  JSON.parse(readFileSync(join(repositoryRoot, path, 'package.json'), 'utf8')) as Record<string, Record<string, string>>

/** Packages that this repository publishes, or that tests install. */
const packages = new Set([
  'swarmwatch',
  ...publishedPackages.map((name) => `@swarmwatch/${name}`),
  ...[
    'test/frameworks',
    'test/libraries',
    'test/platforms',
    '.',
    'packages/sdk',
    'packages/node',
    'packages/alert-bridge',
  ].flatMap((path) => {
    const { dependencies, devDependencies, peerDependencies } = manifest(path)
    return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
  }),
])
const exists = (file: string): string | undefined => (existsSync(join(repositoryRoot, file)) ? undefined : `no file ${file}`)

/** Commands of the package `swarmwatch`, which passes all others to `@swarmwatch/node`. */
const projectCommands: ReadonlySet<string> = new Set(['init', 'secrets'])

const kinds: readonly Kind[] = [
  {
    form: /^npm install /,
    problem: (rest) =>
      rest.map((name) => (name.startsWith('--') || packages.has(name) ? undefined : `no package ${name}`)).find(Boolean),
  },
  {
    form: /^npx pnpm@12\.21\.0 /,
    problem: ([script = '']) =>
      script === 'exec' || script in (manifest('.')['scripts'] ?? {}) ? undefined : `no script ${script}`,
  },
  {
    form: /^npx swarmwatch(?:@latest)? /,
    problem: (rest) =>
      helpProblem(projectCommands.has(rest[0] ?? '') ? 'packages/cli/src/cli.ts' : 'packages/node/src/cli.ts', rest),
  },
  { form: /^npx alert-bridge /, problem: (rest) => helpProblem('packages/alert-bridge/src/cli.ts', rest) },
  {
    form: /^node --import @swarmwatch\/node\/register /,
    problem: () => ('./register' in (manifest('packages/node')['exports'] ?? {}) ? undefined : 'no such export'),
  },
  {
    form: /^docker compose /,
    problem: (rest) => rest.flatMap((word, at) => (word === '--file' ? [exists(rest[at + 1] ?? '')] : [])).find(Boolean),
  },
  { form: /^cp /, problem: ([from = '']) => exists(from) },
  { form: /^npm start$/, problem: () => undefined },
  { form: /^git pull$/, problem: () => undefined },
  { form: /^docker network create /, problem: () => undefined },
  {
    form: /^dc\(\) \{ /,
    problem: (rest) => rest.flatMap((word, at) => (word === '--file' ? [exists(rest[at + 1] ?? '')] : [])).find(Boolean),
  },
]

function form(pattern: RegExp, command: string): string[] {
  return [...command.replace(pattern, '').matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) => word)
}

const helps = new Map<string, { readonly status: number | null; readonly output: string }>()

/** The help of the subcommand must exist and list each option. */
function helpProblem(program: string, [subcommand = '', ...rest]: readonly string[]): string | undefined {
  const key = `${program} ${subcommand}`
  const known = helps.get(key) ?? help(program, subcommand)
  helps.set(key, known)
  if (known.status !== 0 || !known.output.includes(` ${subcommand}`)) return `no subcommand ${subcommand}`
  const missing = rest.filter((word) => word.startsWith('--')).find((option) => !known.output.includes(option.split('=')[0]!))
  return missing === undefined ? undefined : `no option ${missing}`
}

function help(program: string, subcommand: string): { readonly status: number | null; readonly output: string } {
  const args = ['--conditions=swarmwatch-source', program, subcommand, '--help']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: repositoryRoot, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}
