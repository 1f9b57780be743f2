import { guarded, trip } from '../telemetry/guard.ts'
import { isInstance, isObject, itemsOf, propertyOf } from '../unknown-values.ts'
import { answerOf } from './answer-of.ts'
import { ResultRejectedError } from './result-rejected-error.ts'

/**
 * Judges the result of an agent. `true`, a reason or an error means that it is a failure; `false`, an empty reason or undefined that it is
 * not. A reason such as `empty_answer` becomes the `error.type`; a sentence is the message of the error.
 */
export type FailIf<Result> = (result: Result) => boolean | string | Error | undefined

/** Returns the error for a result that one of the checks rejects. A check that throws rejects nothing. */
export function rejectionOf(
  result: unknown,
  failIf: FailIf<never> | readonly FailIf<never>[],
): { readonly error: unknown } | undefined {
  const checks = typeof failIf === 'function' ? [failIf] : failIf
  for (const check of checks) {
    const verdict: unknown = guarded('option', () => check(result as never))
    if (verdict === undefined || verdict === false || verdict === '') continue
    if (verdict === true) return { error: new ResultRejectedError(result) }
    if (typeof verdict === 'string') return { error: new ResultRejectedError(result, verdict) }
    if (isInstance(verdict, Error)) return { error: verdict }
    trip('option', new TypeError('failIf must return a boolean, a string or an Error'))
  }
  return undefined
}

/**
 * Rejects a result without content: no text, no structured output and no tool call, or an object of the application that has only empty
 * values. The run is retried. `error.type` is `empty_answer`. An empty result that was refused or cut is rejected as by {@link refusal} and
 * {@link truncated}, and not retried.
 */
export function emptyAnswer(result: unknown): false | ResultRejectedError {
  const { text, object, hasOther } = answerOf(result)
  if (object !== undefined || hasOther === true) return false
  const isEmpty = text === undefined ? isEmptyObject(result) : text.trim() === ''
  if (!isEmpty) return false
  return (
    refusal(result) || truncated(result) || new ResultRejectedError(result, 'empty_answer', { message: 'the answer is empty' })
  )
}

const refusals = new Set<string | undefined>([
  'content_filter',
  'refusal',
  'guardrail_intervened',
  // Gemini
  'safety',
  'recitation',
  'blocklist',
  'prohibited_content',
  'spii',
  'image_safety',
  'model_armor',
])

/**
 * Rejects a result if the model, or a filter of its provider, refused to answer. It reads fields such as `refusal` and `finish_reason`, and
 * never the text. The run is not retried. `error.type` is `refusal`.
 */
export function refusal(result: unknown): false | ResultRejectedError {
  const { isRefusal, finishReason } = answerOf(result)
  if (isRefusal !== true && !refusals.has(finishReason)) return false
  return new ResultRejectedError(result, 'refusal', { message: 'the model refused to answer', isRetryable: false })
}

const truncations = new Set<string | undefined>(['length', 'max_tokens', 'max_output_tokens', 'model_context_window_exceeded'])

/**
 * Rejects a result that the limit of output tokens has cut. The run is not retried, because the same limit cuts the next answer.
 * `error.type` is `truncated`.
 */
export function truncated(result: unknown): false | ResultRejectedError {
  if (!truncations.has(answerOf(result).finishReason)) return false
  return new ResultRejectedError(result, 'truncated', { message: 'the token limit cut the answer', isRetryable: false })
}

/** A schema of Zod, Valibot, ArkType or any other library that implements Standard Schema (https://standardschema.dev). */
export interface StandardSchema {
  readonly '~standard': { readonly validate: (value: unknown) => unknown }
}

const maxIssues = 3

/**
 * Returns a check that rejects results that do not match a schema: the structured output of the result, or its text parsed as JSON, or the
 * result itself if it is an object of the application. The run is retried once, since each answer is a paid call. `error.type` is
 * `schema_mismatch`. A schema that validates asynchronously rejects nothing.
 *
 * @throws {TypeError} at once if `of` is no Standard Schema.
 *
 * @example
 * instrumentAgent(extract, { failIf: schema(z.object({ city: z.string() })) })
 */
export function schema(of: StandardSchema): (result: unknown) => false | ResultRejectedError {
  const standard = propertyOf(of, '~standard')
  if (typeof propertyOf(standard, 'validate') !== 'function')
    throw new TypeError('schema() needs a Standard Schema (an object with ~standard), such as one of Zod, Valibot or ArkType')
  const issuesOf = (value: unknown): readonly unknown[] | undefined => {
    const validated = of['~standard'].validate(value)
    if (isInstance(validated, Promise)) {
      validated.catch(() => {})
      throw new TypeError('schema() needs a schema that validates synchronously')
    }
    const issues = propertyOf(validated, 'issues')
    return issues === undefined ? undefined : itemsOf(issues, maxIssues)
  }
  return (result) => {
    const { text, object } = answerOf(result)
    let value = object ?? result
    if (object === undefined && text !== undefined) {
      if (issuesOf(text) === undefined) return false
      value = parsed(text)
    }
    const issues = issuesOf(value)
    if (issues === undefined) return false
    const message = `the result does not match its schema: ${issues.map(shown).join('; ')}`
    return new ResultRejectedError(result, 'schema_mismatch', { message })
  }
}

/** Returns the JSON in a text, which may be in a code block of Markdown; the text itself if it is no JSON. */
function parsed(text: string): unknown {
  const block = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/i.exec(text)?.[1]
  try {
    return JSON.parse(block ?? text) as unknown
  } catch {
    return text
  }
}

/** The value in messages of Valibot (`received "x"`), ArkType (`(was "x")`) and Zod 3 (`received 'x'`): it is content. */
const rejectedValue = /[:,]? ?(?:but |\()?\b(?:received|was) (?:["'`[{\d-]|\w+\().*$/is

function shown(issue: unknown): string {
  const path = itemsOf(propertyOf(issue, 'path'), 10).map((step) => String(isObject(step) ? propertyOf(step, 'key') : step))
  const message = propertyOf(issue, 'message')
  const text = typeof message === 'string' ? message.slice(0, 1000).replace(rejectedValue, '').slice(0, 200) : 'invalid'
  return path.length === 0 ? text : `${path.join('.')}: ${text}`
}

/** Returns whether an object or a list has no values, or only empty ones, such as `{ text: '' }`. */
export function isEmptyObject(value: unknown): boolean {
  if (!isObject(value)) return false
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  return isPlain && Object.values(value).every((each) => each === undefined || each === null || each === '' || isEmptyList(each))
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
