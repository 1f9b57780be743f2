import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { loadConfiguration } from '@swarmwatch/config'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { readMarkdown, type Snippet } from '../src/markdown.ts'
import { repositoryRoot } from '../src/repository.ts'
import { commandProblem, commandsOf, isKnownCommand } from './commands.ts'
import { snippetOwners, type SnippetOwner } from './snippet-owners.ts'

interface DocumentedSnippet extends Snippet {
  readonly file: string
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  // Their own tests run the commands of examples/
  .filter((file) => existsSync(join(repositoryRoot, file)) && !file.startsWith('examples/'))

const snippets: readonly DocumentedSnippet[] = files.flatMap((file) =>
  readMarkdown(readFileSync(join(repositoryRoot, file), 'utf8')).snippets.map((snippet) => ({ file, ...snippet })),
)

const ownerOf = ({ file, language, code }: DocumentedSnippet): SnippetOwner | undefined =>
  snippetOwners.find(
    (owner) =>
      owner.documents.test(file) &&
      (owner.language === undefined || owner.language === language) &&
      (owner.code === undefined || owner.code.test(code)),
  )
const place = ({ file, line, code }: DocumentedSnippet): string => `${file}:${line}: ${code.split('\n')[0]}`

const settingsSchema = JSON.parse(readFileSync(join(repositoryRoot, 'config/production.schema.json'), 'utf8')) as {
  readonly properties: Readonly<Record<string, unknown>>
}
const isSettings = ({ language, code }: DocumentedSnippet): boolean =>
  language === 'yaml' &&
  !code.includes('{{ .') &&
  Object.keys((parse(code) ?? {}) as object).every((key) => key in settingsSchema.properties)
const isCommands = ({ language, code }: DocumentedSnippet): boolean =>
  ['', 'sh'].includes(language) && commandsOf(code).length > 0 && commandsOf(code).every(isKnownCommand)
/** Lines `NAME=value` of an environment file. */
const isVariables = ({ language, code }: DocumentedSnippet): boolean =>
  ['', 'sh'].includes(language) && code.split('\n').every((line) => line === '' || /^[A-Z][A-Z0-9_]*=/.test(line))

const isCheckedHere = (snippet: DocumentedSnippet): boolean => isSettings(snippet) || isCommands(snippet) || isVariables(snippet)
const checkedHere = snippets.filter((snippet) => ownerOf(snippet) === undefined && isCheckedHere(snippet))

test('every snippet of every Markdown file is run or checked by a test, or has a reason', () => {
  const without = snippets.filter((snippet) => ownerOf(snippet) === undefined && !checkedHere.includes(snippet))
  expect(without.map(place)).toEqual([])
  const reasons = snippets.filter((snippet) => ownerOf(snippet)?.reason !== undefined)
  console.log(
    `${snippets.length} snippets, ${reasons.length} of them are run by no test:\n${reasons.map((each) => `${place(each)}: ${ownerOf(each)!.reason}`).join('\n')}`,
  )
})

test('every entry of the list has a snippet, and a test that names the document, or a reason', () => {
  const problems = snippetOwners.flatMap((owner) => {
    const own = snippets.filter((snippet) => ownerOf(snippet) === owner)
    const name = `${owner.documents} ${owner.code ?? owner.language ?? ''}`
    if (own.length === 0) return [`${name}: no snippet`]
    if ((owner.test === undefined) === (owner.reason === undefined)) return [`${name}: either a test or a reason`]
    if (owner.test === undefined) return []
    if (!existsSync(join(repositoryRoot, owner.test))) return [`${name}: no file ${owner.test}`]
    const text = readFileSync(join(repositoryRoot, owner.test), 'utf8')
    return own.every(({ file }) => text.includes(file.split('/').at(-1)!.replace('.md', '')) || text.includes(dirname(file)))
      ? []
      : [`${name}: ${owner.test} does not name the document`]
  })
  expect(problems).toEqual([])
})

test('every settings snippet is accepted by loadConfiguration()', () => {
  const settings = checkedHere.filter(isSettings)
  expect(settings.length).toBeGreaterThan(5)
  const accept = (text: string) => (): unknown => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'config'))
    writeFileSync(join(cwd, 'config/production.yaml'), text)
    return loadConfiguration({ env: variablesOfSnippets, cwd })
  }
  for (const snippet of settings) {
    // A setting may name what another snippet of its page has, such as a rotation
    const others = settings.filter(({ file }) => file === snippet.file)
    const together = [...others.filter((other) => other !== snippet), snippet].reduce<Settings>(
      (before, { code }) => merged(before, parse(code) as Settings),
      {},
    )
    const isComplete = isAccepted(accept(snippet.code))
    expect(accept(isComplete ? snippet.code : stringify(together)), place(snippet)).not.toThrow()
  }
})

test('every command is one of this repository: its packages, scripts, programs, options and files exist', () => {
  const commands = checkedHere
    .filter(isCommands)
    .flatMap((snippet) => commandsOf(snippet.code).map((command) => ({ command, at: place(snippet) })))
  expect(commands.length).toBeGreaterThan(20)
  expect(
    commands.flatMap(({ command, at }) =>
      commandProblem(command) === undefined ? [] : [`${at}: ${command}: ${commandProblem(command)}`],
    ),
  ).toEqual([])
})

test('every variable of a block of variables is in the generated tables of settings', () => {
  const variables = checkedHere
    .filter(isVariables)
    .flatMap((snippet) => [...snippet.code.matchAll(/^[A-Z0-9_]+(?==)/gm)].map(([name]) => ({ name, at: place(snippet) })))
  expect(variables.length).toBeGreaterThan(5)
  const tables = ['docs/configuration.md', 'packages/alert-bridge/README.md'].map((file) =>
    readFileSync(join(repositoryRoot, file), 'utf8').replaceAll(/^(?!\|).*$/gm, ''),
  )
  expect(variables.filter(({ name }) => !tables.some((table) => table.includes(`\`${name}\``)))).toEqual([])
})

test('a package that does not exist, a script, a subcommand and an option are found', () => {
  const wrong = [
    'npm install @swarmwatch/sdkk',
    'npx pnpm@12.21.0 demoo',
    'npx swarmwatch docter',
    'npx swarmwatch doctor --jsonn',
    'docker compose --file docker-compose.prod.yml up',
  ]
  expect(wrong.filter((command) => commandProblem(command) === undefined)).toEqual([])
})

/** Variables that the snippets name. */
const variablesOfSnippets = { ONCALL_CALENDAR_URL: 'https://calendar.example.com/oncall.ics' }

type Settings = Readonly<Record<string, object>>

function merged(one: Settings, other: Settings): Settings {
  const both = Object.entries(other).map(([key, value]) => [key, { ...one[key], ...value }])
  return { ...one, ...(Object.fromEntries(both) as Settings) }
}

function isAccepted(load: () => unknown): boolean {
  try {
    load()
    return true
  } catch {
    return false
  }
}
