import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { installTools, runTool } from './kubernetes/tools.ts'

const folder = join(repositoryRoot, '.github/workflows')
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  return { name, text, workflow: parse(text) as Workflow }
})

interface Workflow {
  readonly on: object
  readonly permissions?: object
  readonly jobs: Readonly<Record<string, Job>>
}
interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: object
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> }
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[]
}

describe.each(workflows)('$name', ({ text, workflow }) => {
  test('pins each action to a commit, and names its version', () => {
    const uses = [...text.matchAll(/^ *(?:- )?uses: (.*)$/gm)].map(([, action]) => action)
    expect(uses.filter((action) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action!))).toEqual([])
    expect(uses.length).toBeGreaterThan(0)
  })

  test('may only read by default, and ends by itself', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    expect(Object.entries(workflow.jobs).filter(([, job]) => job['timeout-minutes'] === undefined)).toEqual([])
  })

  test('runs no code of a pull request with secrets, and no text of an event in a shell', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target')
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps)
    expect(steps.filter(({ run = '' }) => run.includes('${{'))).toEqual([])
  })
})

test('an action has one version in all workflows', () => {
  const versions = workflows.flatMap(({ text }) => [...text.matchAll(/uses: ([\w-]+\/[\w-]+)[\w./-]*@(\S+)/g)])
  const byAction = Object.groupBy(versions, ([, action]) => action!)
  const several = Object.entries(byAction).filter(([, found]) => new Set(found!.map(([, , sha]) => sha)).size > 1)
  expect(several).toEqual([])
})

test('CI tests the packages on every supported Node and system', () => {
  const { workflow } = workflows.find(({ name }) => name === 'ci.yml')!
  const matrix = workflow.jobs['packages']!.strategy!.matrix
  expect(matrix['node']).toEqual([22, 24, 26])
  expect(matrix['os']!.map((os) => String(os).split('-')[0])).toEqual(['ubuntu', 'macos', 'windows'])
})

describe('with actionlint', async () => {
  const missing = await installTools('actionlint')
  test.skipIf(missing !== undefined)('the workflows have no fault', async () => {
    const files = workflows.map(({ name }) => join(folder, name))
    // Without shellcheck and pyflakes, which it would use where they happen to be installed
    expect(await runTool('actionlint', ['-shellcheck=', '-pyflakes=', ...files])).toBe('')
    const broken = workflows[0]!.text.replace('runs-on: ', 'runs-on-what: ')
    expect(await runTool('actionlint', ['-shellcheck=', '-pyflakes=', '-'], { input: broken, acceptsFailure: true })).toContain(
      'runs-on-what',
    )
  })
})
