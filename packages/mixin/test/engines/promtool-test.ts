import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runOnce } from '@swarmwatch/testkit'
import { stringify } from 'yaml'

import { image } from './docker.ts'
import { renderRuleFile } from '../../src/render-rule-file.ts'
import type { RuleFile } from '../../src/rule-files.ts'

/** A test as promtool reads it. */
export interface PromtoolTest {
  readonly name: string
  readonly interval: string
  readonly input_series: readonly { readonly series: string; readonly values: string }[]
  readonly external_labels: Readonly<Record<string, string>>
  readonly alert_rule_test: readonly object[]
  readonly promql_expr_test: readonly object[]
}

/** Runs tests on rule files, in this order. Returns what was wrong with each test, '' if nothing. */
export async function promtoolTest(
  files: readonly RuleFile[],
  evaluationInterval: string,
  tests: readonly PromtoolTest[],
): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'))
  // Programs in containers run as another user
  chmodSync(folder, 0o755)
  try {
    writeFileSync(
      join(folder, 'tests.yaml'),
      stringify({
        rule_files: files.map(({ name }) => `/tests/${name}`),
        evaluation_interval: evaluationInterval,
        group_eval_order: files.flatMap(({ groups }) => groups.map(({ name }) => `swarmwatch-${name}`)),
        fuzzy_compare: true,
        tests,
      }),
    )
    for (const file of files) writeFileSync(join(folder, file.name), renderRuleFile(file))
    const { code, output } = await runOnce(image.prometheus, 'promtool', ['test', 'rules', '/tests/tests.yaml'], {
      '/tests': folder,
    })
    const failures = failuresByName(output)
    if (code !== 0 && failures.size === 0) throw new Error(output)
    return new Map(tests.map(({ name }) => [name, failures.get(name) ?? '']))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * promtool writes `name: <test>,` in front of a wrong alert; a wrong value is known by the comment
 * in its query.
 */
function failuresByName(output: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of output.split(/^\s*(?=name: |expr: )/m)) {
    const name = /^name: (.*?),?$/m.exec(part)?.[1] ?? /^expr: ".* # (.*?)", time/m.exec(part)?.[1]
    if (name !== undefined) found.set(name, (found.get(name) ?? '') + part)
  }
  return found
}
