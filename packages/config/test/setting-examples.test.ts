import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { settingsOfPage } from '../scripts/tables.ts'
import { loadConfiguration } from '../src/load-configuration.ts'

const settings = settingsOfPage()

/** Loads examples from files that have these contents, and a secret everywhere else. */
const load = (env: Readonly<Record<string, string>>, file: string): ReturnType<typeof loadConfiguration> =>
  loadConfiguration({
    env,
    file: 'examples.yaml',
    readFile: (path) => (path.endsWith('examples.yaml') ? file : 'a-secret-of-32-characters-or-more'),
  })

test('every documented setting has an example, and it is not the default', () => {
  const without = [...settings].filter(
    ([, { example, default: fallback }]) => example === undefined || example === '' || example === String(fallback),
  )
  expect(without.map(([path]) => path)).toEqual([])
})

test('the examples of variables are accepted together, and each one applies', () => {
  const variables = [...settings].flatMap(([path, { variable, example = '', value }]) =>
    variable === undefined ? [] : [{ path, name: `${variable}${value.isSecret ? '_FILE' : ''}`, example }],
  )
  const { origins } = load(Object.fromEntries(variables.map(({ name, example }) => [name, example])), '{}')
  expect(Object.fromEntries(variables.map(({ path }) => [path, origins[path]]))).toEqual(
    Object.fromEntries(variables.map(({ path, name }) => [path, `environment ${name}`])),
  )
})

test('the examples of keys of the file are accepted together, and each one applies', () => {
  const keys = [...settings].flatMap(([path, { fileKey, example = '' }]) =>
    fileKey === undefined ? [] : [{ path, fileKey, example }],
  )
  const { origins } = load({}, fileWith(keys))
  expect(Object.fromEntries(keys.map(({ path }) => [path, origins[path]?.replace(/:\d+(?=:|$)/, '')]))).toEqual(
    Object.fromEntries(keys.map(({ path, fileKey }) => [path, `file examples.yaml:${fileKey}`])),
  )
})

function fileWith(keys: readonly { readonly fileKey: string; readonly example: string }[]): string {
  const root: Record<string, unknown> = {}
  for (const { fileKey, example } of keys) {
    const parts = fileKey.split('.')
    let at = root
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>
    at[parts.at(-1)!] = /[{}:]/.test(example) ? example : (parse(example) as unknown)
  }
  return stringify(root)
}
