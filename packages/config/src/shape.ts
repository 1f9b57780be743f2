import type { Schema, ValueRule } from './value-rule.ts'

/** The allowed content of a part of the settings file, or of the same part in code. Keys have their names in code. */
export type Shape = ValueShape | SectionShape | ListShape | MapShape | ChoiceShape

interface Described {
  /** A sentence for the documentation. */
  readonly about?: string | undefined
  /** The documented default. */
  readonly default?: unknown
  /** @default false: may be left out */
  readonly isRequired?: boolean
}

/** A single value. */
export interface ValueShape extends Described {
  readonly kind: 'value'
  readonly rule: ValueRule<unknown>
}

/** A mapping with exactly these keys. */
export interface SectionShape extends Described {
  readonly kind: 'section'
  readonly keys: Readonly<Record<string, Shape>>
}

/** A list. */
export interface ListShape extends Described {
  readonly kind: 'list'
  readonly items: Shape
  /** The rest of a sentence: `must be a list of rules`. */
  readonly rule: string
  /** The rule for an empty list: `must have at least one severity`. @default it may be empty */
  readonly notEmptyRule?: string | undefined
}

/** A mapping with any keys. */
export interface MapShape extends Described {
  readonly kind: 'map'
  readonly values: Shape
  readonly rule: string
}

/** One of several mappings; the value of one key decides which. */
export interface ChoiceShape extends Described {
  readonly kind: 'choice'
  /** The key that decides. */
  readonly key: string
  readonly variants: readonly SectionShape[]
  readonly rule: string
  /** The rule of the deciding key. */
  readonly keyRule: string
}

/** How keys are spelled: `quietHours` and `forSeconds` in code, `quiet_hours` and `for` in the file. */
export type Spelling = 'code' | 'file'

/** The name that a key of code has in the file: snake case, without the unit, since all times of the file are in seconds. */
export function fileKeyOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/_seconds$/, '')
}

/** Something that breaks a shape. */
export interface ShapeProblem {
  /** In the spelling that was checked. */
  readonly path: readonly PropertyKey[]
  readonly rule: string
  /** Undefined where it is missing, and for an unknown key, which may be a secret under a mistyped name. */
  readonly value: unknown
  readonly isSecret: boolean
}

/**
 * Checks `value` and returns it with the names of code. What is invalid is reported and left out; in a list its place is undefined. Every
 * part is checked, also the siblings of an invalid one.
 */
export function checkShape(
  shape: Shape,
  value: unknown,
  { spelling, path = [] }: { readonly spelling: Spelling; readonly path?: readonly PropertyKey[] },
  report: (finding: ShapeProblem) => void,
): unknown {
  function check(shape: Shape, value: unknown, path: readonly PropertyKey[]): unknown {
    if (value === undefined) {
      if (shape.isRequired === true) fail(shape, value, path)
      return undefined
    }
    switch (shape.kind) {
      case 'value': {
        const result = shape.rule.schema.safeParse(value)
        return result.success ? result.data : fail(shape, value, path)
      }
      case 'section':
        return isMapping(value) ? section(shape.keys, value, path) : fail(shape, value, path)
      case 'map': {
        if (!isMapping(value)) return fail(shape, value, path)
        const entries = Object.entries(value).map(([key, inner]) => [key, check(required(shape.values), inner, [...path, key])])
        return Object.fromEntries(entries) as unknown
      }
      case 'list':
        if (!Array.isArray(value)) return fail(shape, value, path)
        if (value.length === 0 && shape.notEmptyRule !== undefined) {
          report({ path, rule: shape.notEmptyRule, value, isSecret: false })
        }
        return value.map((item: unknown, index) => check(required(shape.items), item, [...path, index]))
      case 'choice':
        return isMapping(value) ? choice(shape, value, path) : fail(shape, value, path)
    }
  }

  function section(keys: SectionShape['keys'], value: Record<string, unknown>, path: readonly PropertyKey[]): unknown {
    const written = new Map(Object.entries(keys).map(([key, inner]) => [writtenKey(key), { key, inner }]))
    const checked: Record<string, unknown> = {}
    for (const [name, { key, inner }] of written) {
      const found = check(inner, Object.hasOwn(value, name) ? value[name] : undefined, [...path, name])
      if (found !== undefined) checked[key] = found
    }
    for (const name of Object.keys(value)) {
      if (written.has(name) || value[name] === undefined) continue
      const rule = `is not a setting; the settings are ${[...written.keys()].join(', ')}`
      report({ path: [...path, name], rule, value: undefined, isSecret: false })
    }
    return checked
  }

  function choice(
    { key, keyRule, variants }: ChoiceShape,
    value: Record<string, unknown>,
    path: readonly PropertyKey[],
  ): unknown {
    const deciding = value[writtenKey(key)]
    const chosen = variants.find((variant) => isValid(variant.keys[key]!, deciding))
    if (chosen !== undefined) return section(chosen.keys, value, path)
    report({ path: [...path, writtenKey(key)], rule: keyRule, value: deciding, isSecret: false })
    const { [key]: _, ...keys } = mergedKeys(variants)
    const { [writtenKey(key)]: __, ...others } = value
    section(keys, others, path)
    // without the deciding key it is no entry
    return undefined
  }

  function fail(shape: Shape, value: unknown, path: readonly PropertyKey[]): undefined {
    report({ path, rule: ruleOf(shape, writtenKey), value, isSecret: isSecretShape(shape) })
    return undefined
  }

  function writtenKey(key: string): string {
    return spelling === 'file' ? fileKeyOf(key) : key
  }

  return check(shape, value, path)
}

/** The keys of all variants. A value for which the variants have several rules must obey one of them. */
function mergedKeys(variants: readonly SectionShape[]): Record<string, Shape> {
  const names = new Set(variants.flatMap(({ keys }) => Object.keys(keys)))
  return Object.fromEntries(
    [...names].map((name) => {
      const shapes = [...new Set(variants.flatMap(({ keys }) => keys[name] ?? []))]
      return [name, shapes.every((shape) => shape.kind === 'value') ? anyOf(shapes) : shapes[0]!]
    }),
  )
}

function anyOf(shapes: readonly ValueShape[]): ValueShape {
  const [first, ...others] = shapes
  if (others.length === 0) return first!
  const rules = new Set(shapes.map(({ rule }) => rule.rule.replace(/^must be /, '')))
  const schema: Schema<unknown> = {
    safeParse: (value) =>
      shapes.map(({ rule }) => rule.schema.safeParse(value)).find(({ success }) => success) ?? { success: false },
  }
  const isSecret = shapes.some(({ rule }) => rule.isSecret)
  return { ...first!, rule: { ...first!.rule, rule: `must be ${[...rules].join(', or ')}`, schema, isSecret } }
}

function isValid(shape: Shape, value: unknown): boolean {
  return shape.kind === 'value' && shape.rule.schema.safeParse(value).success
}

function required(shape: Shape): Shape {
  return { ...shape, isRequired: true }
}

function ruleOf(shape: Shape, writtenKey: (key: string) => string): string {
  if (shape.kind === 'value') return shape.rule.rule
  if (shape.kind === 'section') return `must be a mapping with ${Object.keys(shape.keys).map(writtenKey).join(', ')}`
  return shape.rule
}

function isSecretShape(shape: Shape): boolean {
  if (shape.kind === 'value') return shape.rule.isSecret
  return shape.kind === 'list' && isSecretShape(shape.items)
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
