import { BoundedNames } from '../bounded-names.ts'
import { rejectedResult } from '../names.ts'
import { processWide } from '../process-wide.ts'

const word = /^[a-z]+(_[a-z]+){0,4}$/
/** Those of the ready-made checks, which words of the application do not displace. */
const readyMade = ['empty_answer', 'refusal', 'truncated', 'schema_mismatch']
const words = processWide('rejection-words/1', () => new BoundedNames(20, rejectedResult))

/** Thrown when `failIf` decides that the result of an agent is a failure. */
export class ResultRejectedError extends Error {
  override readonly name = 'ResultRejectedError'
  /**
   * The `error.type`: the reason if it is a word in lower case such as `empty_answer` (at most 20 different ones of your own in a process), otherwise
   * `result_rejected`.
   */
  readonly code: string
  /** The result that was rejected. It is not enumerable, so that it does not appear in logs. */
  declare readonly result: unknown
  /** Whether another attempt may have a better result. @default true */
  declare readonly isRetryable?: boolean

  /** `message` describes the reason for readers; `reason` itself if it is a sentence. */
  constructor(
    result: unknown,
    reason: string = rejectedResult,
    { message, isRetryable }: { readonly message?: string; readonly isRetryable?: boolean } = {},
  ) {
    const isWord = reason.length <= 40 && word.test(reason)
    super(message ?? (isWord ? `failIf rejected the result: ${reason}` : reason))
    this.code = readyMade.includes(reason) ? reason : isWord ? words.bound(reason) : rejectedResult
    Object.defineProperty(this, 'result', { value: result })
    if (isRetryable !== undefined) this.isRetryable = isRetryable
  }
}
