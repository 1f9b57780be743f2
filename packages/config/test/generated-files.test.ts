import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { configurationPage } from '../scripts/configuration-page.ts'
import { editorSchema, type JsonSchema } from '../scripts/file-json-schema.ts'
import { generatedFiles, pathInRepository } from '../scripts/generated-files.ts'
import { secretVariables } from './secret-variables.ts'

const root = join(import.meta.dirname, '../../..')

/** The formatter may break lines and pad tables differently. */
function unformatted(text: string): string {
  return text.replace(/-{3,}/g, '---').replace(/\s+/g, '')
}

test.each(generatedFiles())('$path is up to date; if not: pnpm generate', ({ path, text }) => {
  expect(unformatted(readFileSync(pathInRepository(path), 'utf8'))).toBe(unformatted(text))
})

test('config/production.yaml names its schema in the first line', () => {
  const [first] = readFileSync(join(root, 'config/production.yaml'), 'utf8').split('\n')
  expect(first).toBe('# yaml-language-server: $schema=production.schema.json')
})

/** Returns the keys of a value that are not in a schema. */
function unknownKeys(value: unknown, schema: JsonSchema, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownKeys(item, schema.items ?? {}, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  const kinds = schema.oneOf ?? [schema]
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = kinds.flatMap(
      ({ properties, additionalProperties: any }) => properties?.[key] ?? (typeof any === 'object' ? any : []),
    )[0]
    return known ? unknownKeys(inner, known, `${path}.${key}`) : [`${path}.${key}`]
  })
}

test('the schema contains every key of config/production.yaml, and no other', () => {
  const file: unknown = parse(readFileSync(join(root, 'config/production.yaml'), 'utf8'))
  expect(unknownKeys(file, editorSchema())).toEqual([])
  expect(unknownKeys({ monitoring: { helth: 1 } }, editorSchema())).toEqual(['.monitoring.helth'])
})

test('every value of the schema has a description, and may be a variable unless other keys depend on it', () => {
  const { monitoring, recovery } = editorSchema().properties ?? {}
  for (const [key, schema] of Object.entries({ ...monitoring?.properties, ...recovery?.properties })) {
    expect(schema.description, key).toMatch(/^[A-Z].*\.$/)
    if (schema.type !== 'object') expect(schema.anyOf?.at(-1), key).toEqual({ type: 'string', pattern: '\\$\\{[A-Za-z_]' })
  }
})

test('the page names every variable, marks secrets, and is ASCII', () => {
  const page = configurationPage()
  for (const name of secretVariables)
    expect(page.split('\n').find((line) => line.startsWith(`| \`${name}\``))).toContain('**Secret.**')
  for (const name of ['MONITOR_PORT', 'METRICS_EXPORT_INTERVAL', 'MAX_RETRIES', 'ALERTMANAGER_URL', 'SWARMWATCH_STRICT']) {
    expect(page).toContain(`| \`${name}\` |`)
  }
  expect(page).toMatch(/^[\x20-\x7e\n]*$/)
})
