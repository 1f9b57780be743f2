import { hash } from 'node:crypto'

import { isInstance, isObject, propertyOf } from '../unknown-values.ts'
import { OnceError } from './once-errors.ts'
import type { OnceCall } from './once-store.ts'

const longestOwnKey = 500
const longestArguments = 65_536
const deepest = 100
const mostValues = 1_000_000

/**
 * Returns the key of a call's arguments: equal for equal values, whatever the order of their properties. Left out are AbortSignals, and
 * what the AI SDK passes after the input (an object with a `toolCallId`), because both differ in each attempt.
 *
 * @throws {OnceError} for arguments that have no comparable form: functions, symbols, instances of classes, cycles, more than 65,536
 * characters.
 */
export function keyOfArguments(tool: string, args: readonly unknown[]): string {
  const compared = args.filter((each, at) => !(at > 0 && typeof propertyOf(each, 'toolCallId') === 'string') && !isSignal(each))
  // f(1) and f(1, undefined) are the same call
  while (compared.length > 0 && compared.at(-1) === undefined) compared.pop()
  try {
    const form = new CanonicalForm()
    form.add(compared, 0)
    return `arguments:${hash('sha256', form.text)}`
  } catch (error) {
    const problem = error instanceof UnkeyableError ? error.message : 'its arguments throw when they are read'
    throw new OnceError('unkeyable_arguments', tool, problem, error instanceof UnkeyableError ? undefined : error)
  }
}

/** Returns the key that the `key` option made. */
export function ownKey(tool: string, key: (...args: never) => unknown, args: readonly unknown[]): string {
  let text: unknown
  try {
    text = key(...(args as never))
  } catch (error) {
    throw new OnceError('invalid_key', tool, 'once.key threw', error)
  }
  if (isInstance(text, Promise)) text.catch(() => {})
  if (typeof text !== 'string' || text === '' || text.length > longestOwnKey)
    throw new OnceError('invalid_key', tool, `once.key returned ${describe(text)}`)
  // A database would change them, and two keys could become one
  if (!text.isWellFormed() || text.includes('\0')) throw new OnceError('invalid_key', tool, 'once.key returned broken Unicode')
  return `key:${text}`
}

/**
 * Returns the text that identifies the effect of a call, in every attempt and every process. It has the form of a UUID, because 32
 * digits in a row look like a secret and are removed from messages, where an operator needs the key to look the effect up.
 */
export function idempotencyKeyOf({ executionId, tool, key, number }: OnceCall): string {
  const digits = hash('sha256', JSON.stringify([executionId, tool, key, number]))
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-')
}

/** Whether JSON can hold a value without a change, except for properties that are undefined. */
export function isStorable(value: unknown): boolean {
  let left = mostValues
  const isJson = (each: unknown, depth: number): boolean => {
    left -= 1
    if (each === null || typeof each === 'string' || typeof each === 'boolean') return true
    if (typeof each === 'number') return Number.isFinite(each)
    if (!isObject(each) || depth >= deepest || left < 0 || typeof propertyOf(each, 'toJSON') === 'function') return false
    // Not every(), which skips holes
    if (Array.isArray(each)) return Array.from(each as unknown[]).every((item) => isJson(item, depth + 1))
    if (!isPlain(each) || hasSymbols(each)) return false
    return Object.values(each).every((property) => property === undefined || isJson(property, depth + 1))
  }
  try {
    return value === undefined || isJson(value, 0)
  } catch {
    return false
  }
}

class UnkeyableError extends Error {}

/** Builds the text that is equal for equal arguments. Each kind of value has a prefix of its own, so that 1 and '1' differ. */
class CanonicalForm {
  text = ''
  readonly #ancestors: object[] = []

  add(value: unknown, depth: number): void {
    if (typeof value === 'string') this.text += JSON.stringify(value)
    else if (typeof value === 'bigint') this.text += `${value}n`
    else if (typeof value === 'number') this.text += Object.is(value, -0) ? '-0' : String(value)
    else if (value === null || typeof value === 'boolean' || value === undefined) this.text += String(value)
    else if (!isObject(value)) throw new UnkeyableError(`one of its arguments contains a ${typeof value}`)
    else this.#addObject(value, depth)
    if (this.text.length > longestArguments)
      throw new UnkeyableError(`its arguments are longer than ${longestArguments} characters`)
  }

  #addObject(value: object, depth: number): void {
    const isRecord = Object.getPrototypeOf(value) === Object.prototype
    if (isRecord) this.#addNested(value, depth)
    else if (isInstance(value, Date)) this.text += `date:${value.getTime()}`
    else if (isInstance(value, URL)) this.text += `url:${JSON.stringify(value.href)}`
    else if (ArrayBuffer.isView(value)) this.#addBytes(value)
    else this.#addNested(value, depth)
  }

  #addNested(value: object, depth: number): void {
    if (depth >= deepest) throw new UnkeyableError(`its arguments are nested deeper than ${deepest} levels`)
    if (this.#ancestors.includes(value)) throw new UnkeyableError('one of its arguments contains itself')
    this.#ancestors.push(value)
    if (Array.isArray(value)) this.#addList('[', value as unknown[], depth, ']')
    else if (isInstance(value, Set)) this.#addList('set[', [...value], depth, ']')
    else if (isInstance(value, Map)) this.#addList('map[', [...value], depth, ']')
    else if (isPlain(value) && !hasSymbols(value)) this.#addProperties(value, depth)
    else throw new UnkeyableError(`one of its arguments contains ${describe(value)}`)
    this.#ancestors.pop()
  }

  #addBytes(value: ArrayBufferView): void {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    this.text += `${Object.prototype.toString.call(value)}:${hash('sha256', bytes)}`
  }

  #addList(open: string, items: readonly unknown[], depth: number, close: string): void {
    this.text += open
    for (const item of items) {
      this.add(item, depth + 1)
      this.text += ','
    }
    this.text += close
  }

  #addProperties(value: object, depth: number): void {
    this.text += '{'
    for (const name of Object.keys(value).toSorted()) {
      const property = (value as Record<string, unknown>)[name]
      // As in JSON: a property that is undefined is none
      if (property === undefined || isSignal(property)) continue
      this.text += `${JSON.stringify(name)}:`
      this.add(property, depth + 1)
      this.text += ','
    }
    this.text += '}'
  }
}

function isSignal(value: unknown): boolean {
  return isObject(value) && isInstance(value, AbortSignal)
}

/** Returns whether a value is an object without a class. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Also a plain object of another realm, such as one of a test runner
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function hasSymbols(value: object): boolean {
  return Object.getOwnPropertySymbols(value).length > 0
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of ${value.length} characters`
  if (!isObject(value)) return value === undefined ? 'undefined' : `a ${typeof value}`
  const name = propertyOf(propertyOf(value, 'constructor'), 'name')
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name.slice(0, 100)}` : 'an object'
}
