import { z } from 'zod'

import { fileSchema } from '../src/file/file-schema.ts'

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
  readonly items?: JsonSchema
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
}

/** What an editor accepts in place of any value: a text with a variable. */
const variable: JsonSchema = { type: 'string', pattern: '\\$\\{[A-Za-z_]' }

/** The schema of `config/production.yaml`, as it follows from the checks of the loader. */
export function plainFileSchema(): JsonSchema {
  const schema = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
  const agents = (schema as JsonSchema).properties?.['recovery']?.properties?.['agents']?.additionalProperties as JsonSchema
  // what an agent leaves out is as for all agents, so no default of its own
  for (const limit of Object.values(agents.properties ?? {})) delete (limit as { default?: unknown }).default
  return schema as JsonSchema
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
