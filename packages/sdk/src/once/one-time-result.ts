import { isInstance, isObject, itemsOf, propertyOf } from '../unknown-values.ts'
import { isPlain } from './once-key.ts'

const mostValues = 1000
const deepest = 5

/**
 * Returns the kind of a result, or of a part of it, that can be read only once: a stream, an unread `Response`, an iterator. Undefined for
 * results that every attempt can read. Looks into plain objects, arrays, Maps and Sets, at 1,000 values five levels deep, and calls no
 * getters of plain objects.
 */
export function oneTimeKind(result: unknown): string | undefined {
  if (!isObject(result)) return undefined
  const seen = new Set<object>([result])
  let level = [result]
  for (let depth = 0; depth <= deepest && level.length > 0; depth += 1) {
    const next: object[] = []
    for (const each of level) {
      const kind = kindOf(each)
      if (kind !== undefined) return kind
      for (const part of partsOf(each)) {
        if (!isObject(part) || seen.has(part) || seen.size >= mostValues) continue
        seen.add(part)
        next.push(part)
      }
    }
    level = next
  }
  return undefined
}

const isMethod = (value: object, key: PropertyKey): boolean => typeof propertyOf(value, key) === 'function'

function kindOf(value: object): string | undefined {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return undefined
  // Of fetch, node-fetch or undici; one that was read, or has no body, stays as it is
  const bodyUsed = propertyOf(value, 'bodyUsed')
  if (typeof bodyUsed === 'boolean' && propertyOf(value, 'body') !== undefined)
    return bodyUsed || propertyOf(value, 'body') === null ? undefined : 'a Response'
  if (isInstance(value, ReadableStream) || isMethod(value, 'getReader')) return 'a ReadableStream'
  if (isMethod(value, 'pipe') && isMethod(value, 'on')) return propertyOf(value, 'readable') === true ? 'a stream' : undefined
  if (isMethod(value, Symbol.asyncIterator)) return isMethod(value, 'next') ? 'an async iterator' : 'a stream'
  return isMethod(value, 'next') && isMethod(value, Symbol.iterator) ? 'an iterator' : undefined
}

function partsOf(value: object): readonly unknown[] {
  try {
    if (Array.isArray(value)) return itemsOf(value, mostValues)
    if (isInstance(value, Map) || isInstance(value, Set)) return [...value.values()].slice(0, mostValues)
    if (!isPlain(value)) return []
    const keys = Object.keys(value).slice(0, mostValues)
    return keys.map((key): unknown => Object.getOwnPropertyDescriptor(value, key)?.value)
  } catch {
    // A proxy that throws: its parts are unknown
    return []
  }
}
