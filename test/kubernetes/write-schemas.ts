import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parse } from 'yaml'

/*
 * Writes test/kubernetes/schemas: the JSON schemas of the kinds that the chart renders, strict and without descriptions.
 *   node test/kubernetes/write-schemas.ts SCHEMAS CRDS
 * SCHEMAS is the folder kubernetes-json-schema/v1.37.0-local-strict of the package kubernetes-validate 1.37.0 of PyPI, CRDS a folder with the
 * custom resource definitions of the operators.
 */
const [schemas = '', crds = ''] = process.argv.slice(2)
const target = fileURLToPath(new URL('schemas/', import.meta.url))

type Schema = { [key: string]: unknown }

/** Kinds of Kubernetes by the name of their file in the package, with the name that kubeconform expects: kind, group, version. */
const kinds: Readonly<Record<string, string>> = {
  'configmap-v1': 'configmap-v1-v1',
  'deployment-apps-v1': 'deployment-apps-v1',
  'horizontalpodautoscaler-autoscaling-v2': 'horizontalpodautoscaler-autoscaling-v2',
  'networkpolicy-networking-v1': 'networkpolicy-networking.k8s.io-v1',
  'poddisruptionbudget-policy-v1': 'poddisruptionbudget-policy-v1',
  'secret-v1': 'secret-v1-v1',
  'service-v1': 'service-v1-v1',
  'serviceaccount-v1': 'serviceaccount-v1-v1',
  'statefulset-apps-v1': 'statefulset-apps-v1',
}

mkdirSync(target, { recursive: true })
const { $defs: definitions } = read('_definitions.json') as { $defs: Record<string, Schema> }
for (const [file, name] of Object.entries(kinds)) write(name, standalone(read(`${file}.json`)))
for (const file of readdirSync(crds).filter((name) => name.endsWith('.yaml'))) {
  const { spec } = parse(readFileSync(join(crds, file), 'utf8')) as {
    spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] }
  }
  for (const { name, schema } of spec.versions) {
    write(`${spec.names.kind.toLowerCase()}-${spec.group}-${name}`, strict(schema.openAPIV3Schema) as Schema)
  }
}

function read(name: string): Schema {
  return JSON.parse(readFileSync(join(schemas, name), 'utf8')) as Schema
}

function write(name: string, schema: Schema): void {
  writeFileSync(join(target, `${name}.json`), `${JSON.stringify(schema)}\n`)
}

/** A schema with the definitions that it refers to. */
function standalone(schema: Schema): Schema {
  const used: Record<string, unknown> = {}
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare)
    if (typeof value !== 'object' || value === null) return value
    const { $ref } = value as Schema
    if (typeof $ref === 'string') {
      const name = $ref.split('/').at(-1)!
      if (!(name in used)) {
        used[name] = {}
        used[name] = bare(definitions[name])
      }
      return { $ref: `#/$defs/${name}` }
    }
    return withoutTexts(value as Schema, bare)
  }
  const own = bare(schema) as Schema
  return { ...own, $defs: used }
}

/** A schema of a custom resource, in which an unknown key is an error. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const schema = value as Schema
  if (schema['x-kubernetes-int-or-string'] === true) return { anyOf: [{ type: 'integer' }, { type: 'string' }] }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || schema['additionalProperties'] !== undefined
  const isObject = schema['type'] === 'object' && schema['properties'] !== undefined
  const bare = withoutTexts(schema, strict)
  return isObject && !isOpen ? { ...bare, additionalProperties: false } : bare
}

/** Drops texts and extensions, but no property of that name. */
function withoutTexts(schema: Schema, inner: (value: unknown) => unknown): Schema {
  const isText = (key: string, value: unknown): boolean =>
    (key === 'description' && typeof value === 'string') || key.startsWith('x-') || key === 'default'
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (isText(key, value)) return []
      // its keys are names
      if (key === 'properties')
        return [[key, Object.fromEntries(Object.entries(value as Schema).map(([name, of]) => [name, inner(of)]))]]
      return [[key, inner(value)]]
    }),
  )
}
