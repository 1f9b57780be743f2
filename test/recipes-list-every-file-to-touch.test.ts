import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

interface Recipe {
  readonly heading: string
  /** Text with which the code names the example of the recipe. */
  readonly mention: RegExp
  /** Folders in which a mention belongs to the example, and not to its use. @default packages */
  readonly within?: readonly string[]
  /** Values of the placeholders in the paths of the recipe. */
  readonly places?: Readonly<Record<string, string>>
  readonly atMost: number
}

const recipes: readonly Recipe[] = [
  {
    heading: 'Add a channel',
    mention: /['"./]teams\b|\bteams[:/-]|Teams[A-Z]|_TEAMS_/,
    places: { TYPE: 'teams' },
    atMost: 3,
  },
  {
    heading: 'Add an alert',
    mention: /\b(?:AgentCostSpike|costSpike)\b/,
    places: { SUBJECT: 'cost', DASHBOARD: 'cost-and-capacity', ROW: 'cost', NAME: 'AgentCostSpike' },
    atMost: 3,
  },
  {
    heading: 'Add a panel',
    mention: /Which models cost most\?/,
    places: { DASHBOARD: 'cost-and-capacity', ROW: 'cost' },
    atMost: 2,
  },
  {
    heading: 'Add an SDK option',
    mention: /\bmaxRetryAfterSeconds\b/,
    within: ['packages/sdk', 'packages/config', 'packages/node'],
    atMost: 2,
  },
  {
    heading: 'Add a status page figure',
    mention: /\bwaitingExecutions\b/,
    within: ['packages/node', 'packages/config'],
    atMost: 3,
  },
  {
    heading: 'Add a framework',
    mention: /OpenAIAgentsInstrumentation|'ai-sdk', 'openai-agents'/,
    places: { NAME: 'openai-agents' },
    atMost: 3,
  },
]

const contributing = readFileSync('CONTRIBUTING.md', 'utf8')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }).split('\n')

test('CONTRIBUTING.md lists every package and every folder, and only those that exist', () => {
  const [, list] = /^## Where things are\n\n```\n([^]*?)^```$/m.exec(contributing)!
  const listed = [...list!.matchAll(/^(\S[^:]*?\S)(?::| {2,}|(?<=n) (?=@)) ?/gm)].flatMap(([, names]) => names!.split(', '))
  const folders = new Set(files.filter(Boolean).map((file) => /^(?:packages\/)?[^/]+(?=\/)/.exec(file)?.[0]))
  const paths = new Set(listed.map((name) => name.replace(/\/$/, '')))
  expect([...folders].filter((folder) => folder !== undefined && !paths.has(folder) && !paths.has(`${folder}/run`))).toEqual([])
  expect([...paths].filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)))).toEqual([])
})

test('CONTRIBUTING.md has these recipes and no other', () => {
  const headings = [...contributing.matchAll(/^### (Add .*)$/gm)].map(([, heading]) => heading)
  expect(headings).toEqual(recipes.map(({ heading }) => heading))
})

test.each(recipes)('$heading: the recipe lists the files that mention its example, and no other', ({ heading, ...recipe }) => {
  const { mention, within = ['packages'], places = {}, atMost } = recipe
  const listed = pathsOf(heading).map((path) => path.replaceAll(/\b[A-Z]{3,}\b/g, (place) => places[place] ?? place))
  const mentioned = files.filter(
    (path) => within.some((folder) => path.startsWith(`${folder}/`)) && isCode(path) && mention.test(handWritten(path)),
  )
  expect(mentioned.toSorted()).toEqual(listed.filter(isCode).toSorted())
  expect(mentioned.length).toBeLessThanOrEqual(atMost)
  expect(listed.filter((path) => !files.includes(path))).toEqual([])
})

/** The first path of each numbered step. */
function pathsOf(heading: string): string[] {
  const [, section = ''] = contributing.split(`\n### ${heading}\n`)
  const [recipe = ''] = section.split(/^##/m)
  return [...recipe.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path!)
}

/** Neither a test, nor a simulation that judges what ships, nor documentation. */
const isCode = (path: string): boolean =>
  !/(?:^|\/)(?:test|simulate)\/|\.test\.ts$|\.md$|^packages\/alert-bridge\/src\/channels\/registry\.ts$/.test(path)

/** The text of a file without the regions that a generator writes. */
const handWritten = (path: string): string => readFileSync(path, 'utf8').replaceAll(/# begin generated:[^]*?# end generated/g, '')
