import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

import { isOfConventions } from '../scripts/registry-attributes.ts'
import { registryFiles } from '../scripts/registry-files.ts'
import { attribute, metric } from '../src/names.ts'

const root = new URL('../../../', import.meta.url)

// The parts of Weaver's schemas definition-manifest.v2.json and semconv.schema.v2.json that the registry uses. Weaver itself, which
// also resolves the references to the other registries, is not in the package registries
const stability = z.literal('development')
const level = z.union([z.enum(['required', 'recommended', 'opt_in']), z.strictObject({ conditionally_required: z.string() })])
const references = z.array(z.strictObject({ ref: z.string(), requirement_level: level.optional() }))
const spanName = z.strictObject({ note: z.string() })
const described = { brief: z.string().regex(/\.$/), stability, note: z.string().optional() }
const schemas: Readonly<Record<string, z.ZodType>> = {
  'registry/manifest.yaml': z.strictObject({
    file_format: z.literal('definition_manifest/2.0'),
    description: z.string(),
    schema_url: z.string().regex(/^https:\/\/\S+\/\d+\.\d+\.\d+$/),
    stability,
    dependencies: z.array(
      z.strictObject({ schema_url: z.string().regex(/^https:\/\/\S+\/\d+\.\d+\.\d+$/), registry_path: z.string() }),
    ),
  }),
  'registry/attributes.yaml': z.strictObject({
    file_format: z.literal('definition/2'),
    attributes: z.array(
      z.strictObject({
        key: z.string(),
        type: z.union([
          z.enum(['string', 'int', 'double', 'boolean', 'string[]', 'template[any]']),
          z.strictObject({
            members: z.array(z.strictObject({ id: z.string().regex(/^[a-z][a-z0-9_]*$/), value: z.string(), stability })),
          }),
        ]),
        ...described,
        examples: z.array(z.string()).optional(),
      }),
    ),
  }),
  'registry/metrics.yaml': z.strictObject({
    file_format: z.literal('definition/2'),
    metrics: z.array(
      z.strictObject({
        name: z.string(),
        instrument: z.enum(['counter', 'updowncounter', 'gauge', 'histogram']),
        unit: z.string(),
        ...described,
        attributes: references,
      }),
    ),
    metric_refinements: z.array(z.strictObject({ id: z.string(), ref: z.string(), ...described, attributes: references })),
  }),
  'registry/spans.yaml': z.strictObject({
    file_format: z.literal('definition/2'),
    spans: z.array(
      z.strictObject({
        type: z.string(),
        kind: z.enum(['client', 'internal', 'server']),
        name: spanName,
        ...described,
        attributes: references,
      }),
    ),
    span_refinements: z.array(
      z.strictObject({ id: z.string(), ref: z.string(), name: spanName, ...described, attributes: references }),
    ),
  }),
}

const files = registryFiles()
const content = Object.fromEntries(files.map(({ path, text }) => [path, parse(text) as unknown]))

test.each(files)('$path is up to date; if not: pnpm generate', ({ path, text }) => {
  expect(readFileSync(new URL(path, root), 'utf8')).toBe(text)
})

test('registry/ has no file that is not generated, except its README', () => {
  const paths = readdirSync(new URL('registry', root)).map((name) => `registry/${name}`)
  expect(paths.toSorted()).toEqual([...files.map(({ path }) => path), 'registry/README.md'].toSorted())
})

test.each(Object.entries(schemas))('%s has the format of Weaver', (path, schema) => {
  schema.parse(content[path])
})

test('every text attribute has examples', () => {
  const { attributes } = content['registry/attributes.yaml'] as {
    attributes: { key: string; type: unknown; examples?: unknown }[]
  }
  const isText = (type: unknown): boolean => type === 'string' || type === 'string[]'
  expect(attributes.filter(({ type, examples }) => isText(type) && examples === undefined).map(({ key }) => key)).toEqual([])
})

test('every metric and every attribute of names.ts is in the registry, and no other', () => {
  interface Signal {
    readonly name?: string
    readonly ref?: string
    readonly attributes: readonly { readonly ref: string }[]
  }
  const { metrics, metric_refinements: refined } = content['registry/metrics.yaml'] as Record<string, Signal[]>
  const { spans, span_refinements: refinedSpans } = content['registry/spans.yaml'] as Record<string, Signal[]>
  const { attributes } = content['registry/attributes.yaml'] as { attributes: { key: string }[] }
  const referenced = [metrics!, refined!, spans!, refinedSpans!]
    .flat()
    .flatMap((signal) => signal.attributes.map(({ ref }) => ref))
  const names = (of: Iterable<string>): string[] => [...new Set(of)].toSorted()
  const keys = Object.values(attribute).map((key) => key.replace(/\.$/, ''))

  expect(names([...metrics!.map(({ name }) => name!), ...refined!.map(({ ref }) => ref!)])).toEqual(
    names(Object.values(metric).map(({ name }) => name)),
  )
  expect(names(referenced)).toEqual(names(keys))
  expect(names(attributes.map(({ key }) => key))).toEqual(names(keys.filter((key) => !isOfConventions(key))))
})
