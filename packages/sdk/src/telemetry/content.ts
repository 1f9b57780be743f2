import { chainOf } from '../errors/error-details.ts'
import { propertyOf } from '../unknown-values.ts'
import { guarded } from './guard.ts'

const longestContent = 4096
const longestMessage = 300
const longestStackLines = 20

// Left to right: addresses, bearer and basic credentials, keys with a known prefix, e-mail addresses, long runs of letters and digits
// that look random. No pattern can fail late and retry at the next character, because long text must not block the agent
const secrets: readonly (readonly [RegExp, (match: string, kind: string) => string])[] = [
  [/\b[a-z][a-z0-9+.-]{0,30}:\/\/\S*/gi, bareAddress],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, (_, kind) => `${kind} ***`],
  [/\b(?:(?:sk|pk|rk|xox[a-z]|ghp|gho|ghs|github_pat|glpat)[-_]|AKIA|AIza)[\w-]{8,}/g, () => '***'],
  [/[\w.+-]{1,64}@[\w-]+\.[\w.-]+/g, () => '***'],
  [/\b(?=\w*\d)(?=\w*[A-Za-z])\w{32,}\b/g, () => '***'],
]

/** An address without user, password and query. */
function bareAddress(address: string): string {
  const start = address.indexOf('//') + 2
  const query = address.indexOf('?')
  const shown = query === -1 ? address : `${address.slice(0, query)}?***`
  const slash = shown.indexOf('/', start)
  const user = shown.lastIndexOf('@', slash === -1 ? undefined : slash)
  return user < start ? shown : `${shown.slice(0, start)}***${shown.slice(user)}`
}

/** Removes text that looks like a credential or an address. It is no guarantee; use `errorMessages: false` for one. */
export function redactSecrets(text: string): string {
  return secrets.reduce((redacted, [pattern, replacement]) => redacted.replaceAll(pattern, replacement), text)
}

/**
 * Returns the message of an error for display: redacted, at most 300 characters; undefined if it must not be shown, or if there is none.
 * An error without a message, such as many an `AggregateError`, is described by the errors that it wraps.
 */
export function messageOf(error: unknown, allowed: boolean | ((message: string) => string) = true): string | undefined {
  if (allowed === false) return undefined
  const messages = typeof error === 'string' ? [error] : chainOf(error).map((each) => propertyOf(each, 'message'))
  const message = messages.find((each) => typeof each === 'string' && each !== '') ?? messages[0]
  if (typeof message !== 'string') return undefined
  // Also cut before redacting: patterns over a megabyte would block the agent
  const shown = guarded('capture', () =>
    allowed === true ? redactSecrets(message.slice(0, 4 * longestMessage)) : allowed(message),
  )
  return typeof shown === 'string' ? shown.slice(0, longestMessage) : undefined
}

/** Returns the frames of an error's stack, without the message above them. */
export function framesOf(error: unknown): string | undefined {
  const stack = propertyOf(error, 'stack')
  if (typeof stack !== 'string') return undefined
  const message = propertyOf(error, 'message')
  // The message may hold lines that look like frames
  const begin = typeof message === 'string' && stack.includes(message) ? stack.indexOf(message) + message.length : 0
  // "    at name (file:line:column)"
  const frames = stack
    .slice(begin)
    .split('\n', 200)
    .filter((line) => /^\s+at \S/.test(line.slice(0, longestMessage)))
  if (frames.length === 0) return undefined
  return frames
    .slice(0, longestStackLines)
    .map((line) => line.slice(0, longestMessage))
    .join('\n')
}

/** Returns a value as a capture option allows it, as text of at most 4,096 characters. */
export function captured<T>(value: T, option: boolean | ((value: T) => unknown)): string | undefined {
  return guarded('capture', () => {
    const shown = typeof option === 'function' ? guarded('capture', () => option(value)) : value
    const text = typeof shown === 'string' ? shown : JSON.stringify(shown, safely())
    const redacted = typeof option === 'function' ? text : redactSecrets(String(text).slice(0, 2 * longestContent))
    return redacted?.slice(0, longestContent)
  })
}

/** Values of the environment variable that the conventions' instrumentations share; `true` is that of older ones. */
const capturingValues = new Set<string | undefined>(['true', 'span_only', 'span_and_event'])

let contentAsked: boolean | undefined

/** Whether OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT asks for content on spans; it is read once. */
export function isContentAsked(): boolean {
  contentAsked ??= capturingValues.has(process.env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.toLowerCase())
  return contentAsked
}

/** Returns a text as the only message of its role, in the schema of `gen_ai.input.messages` and `gen_ai.output.messages`. */
export function asMessages(role: 'user' | 'assistant', content: string): string {
  return JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
}

const longestMessages = 16 * longestContent

/**
 * Returns messages, instructions or tool definitions as JSON: secrets are removed from each text, which is cut to 4,096 characters. If
 * the JSON is longer than 65,536 characters, the oldest messages are left out; a value that is too long without them is not recorded.
 */
export function capturedMessages(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return guarded('capture', () => {
    const replace = safely()
    const text = (of: unknown): string =>
      JSON.stringify(of, function (this: unknown, key, each: unknown) {
        return typeof each === 'string'
          ? redactSecrets(each.slice(0, 2 * longestContent)).slice(0, longestContent)
          : replace.call(this, key, each)
      })
    let kept = value
    while (Array.isArray(kept) && kept.length > 1 && text(kept).length > longestMessages)
      kept = kept.slice(Math.ceil(kept.length / 2))
    const json = text(kept)
    return json.length > longestMessages ? undefined : json
  })
}

/** A JSON replacer for values that JSON cannot hold: big integers, functions, cycles. */
function safely(): (this: unknown, key: string, value: unknown) => unknown {
  const ancestors: unknown[] = []
  return function (_key, value) {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
    // `this` is the object that holds the value: what lies deeper than it has been left
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop()
    if (ancestors.includes(value)) return '[cycle]'
    ancestors.push(value)
    return value
  }
}
