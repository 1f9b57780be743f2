import { z } from 'zod'

import { fileShape } from '../src/file/settings-file.ts'
import { fileKeyOf, type Shape } from '../src/shape.ts'

/** A JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
  readonly type?: string
  readonly const?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly default?: unknown
  readonly description?: string
  readonly writeOnly?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
}

/** The alternative to any value: a text with a variable. */
const variable: JsonSchema = { type: 'string', pattern: '\\$\\{[A-Za-z_]' }

/** The schema of `config/production.yaml`, as it follows from the checks of the loader. */
export function plainFileSchema(): JsonSchema {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...schemaOf(fileShape) } as JsonSchema
}

function schemaOf(shape: Shape): JsonSchema {
  const about = { ...(shape.about !== undefined && { description: shape.about }) }
  const fallback = { ...(shape.default !== undefined && { default: shape.default }) }
  switch (shape.kind) {
    case 'value': {
      const { $schema: _, ...rule } = z.toJSONSchema(shape.rule.schema as z.ZodType, {
        io: 'input',
        target: 'draft-7',
        unrepresentable: 'any',
      })
      const secret = { ...(shape.rule.isSecret && { writeOnly: true }) }
      return ('const' in rule ? { ...rule, ...about } : { ...about, ...fallback, ...secret, ...rule }) as JsonSchema
    }
    case 'list': {
      const isSecret = shape.items.kind === 'value' && shape.items.rule.isSecret
      const { writeOnly: __, ...items } = schemaOf(shape.items)
      const atLeast = { ...(shape.notEmptyRule !== undefined && { minItems: 1 }) }
      return { ...about, ...fallback, ...(isSecret && { writeOnly: true }), ...atLeast, type: 'array', items }
    }
    case 'map': {
      const values = schemaOf(shape.values)
      return { type: 'object', propertyNames: { type: 'string' }, additionalProperties: values, ...about, ...fallback }
    }
    case 'choice':
      return { oneOf: shape.variants.map(schemaOf) }
    case 'section': {
      const entries = Object.entries(shape.keys).map(([key, inner]) => [fileKeyOf(key), inner] as const)
      const required = entries.flatMap(([key, { isRequired = false }]) => (isRequired ? key : []))
      return {
        ...about,
        type: 'object',
        properties: Object.fromEntries(entries.map(([key, inner]) => [key, schemaOf(inner)])),
        ...(required.length > 0 && { required }),
        additionalProperties: false,
      }
    }
  }
}

/** The same for editors: wherever a value may be, a `${VARIABLE}` may be too. */
export function editorSchema(): JsonSchema {
  return { ...withVariables(plainFileSchema()), description: 'Settings of Swarmwatch. Times are in seconds.' }
}

function withVariables(schema: JsonSchema): JsonSchema {
  if (schema.properties) {
    const properties = Object.entries(schema.properties).map(([key, inner]) => [key, withVariables(inner)])
    return { ...schema, properties: Object.fromEntries(properties) as Record<string, JsonSchema> }
  }
  if (schema.items) return { ...schema, items: withVariables(schema.items) }
  if (schema.oneOf) return { ...schema, oneOf: schema.oneOf.map(withVariables) }
  if (typeof schema.additionalProperties === 'object') {
    return { ...schema, additionalProperties: withVariables(schema.additionalProperties) }
  }
  const isPlainText = schema.type === 'string' && schema.enum === undefined && schema.pattern === undefined
  const decidesTheRest = schema.const !== undefined || schema.enum?.some((word) => word.endsWith('_error_rate'))
  if (isPlainText || decidesTheRest) return schema
  const { description, default: fallback, ...rule } = schema
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: [rule, variable],
  }
}
