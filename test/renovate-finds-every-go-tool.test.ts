import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

interface RenovateConfig {
  readonly customManagers: readonly {
    readonly managerFilePatterns: readonly string[]
    readonly matchStrings: readonly string[]
  }[]
}

interface Found {
  readonly depName: string
  readonly currentValue: string
}

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')

test('Renovate finds the module and the version of every tool that Go builds', () => {
  const tools = read('test/kubernetes/tools.ts')
  const { customManagers } = JSON.parse(read('renovate.json')) as RenovateConfig
  const [manager] = customManagers
  const [, pattern = ''] = /^\/(.*)\/$/.exec(manager?.managerFilePatterns[0] ?? '') ?? []
  expect('test/kubernetes/tools.ts').toMatch(new RegExp(pattern))
  const found = [...tools.matchAll(new RegExp(manager!.matchStrings[0]!, 'g'))].map(({ groups }) => groups as unknown as Found)
  expect(found.length).toBe([...tools.matchAll(/@v\d/g)].length)
  const modules = found.map(({ depName }) => depName)
  // of a package in a module, the module
  expect(modules).toContain('github.com/VictoriaMetrics/VictoriaMetrics')
  expect(modules).toContain('helm.sh/helm/v4')
  expect(modules).toContain('sigs.k8s.io/kustomize/kustomize/v5')
  expect(modules.filter((module) => /\/(cmd|app)\b|@/.test(module))).toEqual([])
  for (const { currentValue } of found) expect(currentValue).toMatch(/^v\d+\.\d+\.\d+$/)
})
