import { isEmptyObject } from '../results/fail-if.ts'
import { propertyOf } from '../unknown-values.ts'

/** An attempt that failed although it returned a value; the caller gets the value if no further attempt follows. */
export interface FailedWithValue {
  readonly error: unknown
  readonly value: unknown
  readonly close?: () => unknown
}

/** Returns the failure of an attempt that returned a value in place of its error; undefined if the value is an answer. */
export function failureInAnswer(
  value: unknown,
  modelError: { readonly error: unknown } | undefined,
  caller: AbortSignal | undefined,
): FailedWithValue | undefined {
  if (modelError && isNoAnswer(value)) return { ...modelError, value }
  if (caller?.aborted && isAbortedAnswer(value)) return { error: caller.reason as unknown, value }
  return undefined
}

/** Returns whether an agent whose caller aborted resolved with no text, as with `generate()` of Mastra, in place of rejecting. */
function isAbortedAnswer(value: unknown): boolean {
  if (value === undefined || value === null) return false
  return propertyOf(value, 'finishReason') === 'aborted' || isNoAnswer(value)
}

/** Returns whether an agent that read a stream without an answer returned nothing, or an object without content such as `{ text: '' }`. */
function isNoAnswer(value: unknown): boolean {
  return value === undefined || value === null || value === '' || isEmptyObject(value)
}
