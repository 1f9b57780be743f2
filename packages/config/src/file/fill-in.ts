import type { Environment } from '../environment.ts'
import { shownValue } from '../shown-value.ts'
import { isSecretPath, isTargetPath } from './channel-target.ts'
import { interpolate } from './interpolate.ts'

/** A text of the file after its variables are filled in. */
export interface FilledIn {
  /** Undefined where a variable is missing or the text must not stand there. */
  readonly value: unknown
  readonly holdsSecret: boolean
  /** Variables in it that are not set. */
  readonly unset: readonly string[]
  /** What is wrong with it. */
  readonly problems: readonly { readonly rule: string; readonly value?: string | undefined }[]
}

/** Fills in the variables of the text at `path`; unquoted (`isPlain`) text then means what it would mean had it been written there. */
export function fillIn(written: string, isPlain: boolean, path: string, environment: Environment): FilledIn {
  const { text, unset, empty, holdsSecret, isMalformed } = interpolate(written, environment)
  const without = (...problems: FilledIn['problems']): FilledIn => ({ value: undefined, holdsSecret, unset: empty, problems })
  if (isMalformed) return without({ rule: 'must use variables as ${NAME} or ${NAME:-default}', value: shownValue(written) })
  if (isTargetPath(path) && unset.length > 0) return without()
  if (text === '' && unset.length === 0 && (isTargetPath(path) || isSecretPath(path))) return without()
  if (unset.length > 0) {
    return without(...unset.map((name) => ({ rule: `uses \${${name}}, which is not set; set it or write \${${name}:-default}` })))
  }
  if (holdsSecret && !isSecretPath(path)) {
    return without({
      rule: 'must not hold a secret; only webhook, url, bot_token and secrets of an alert channel may',
      value: shownValue(written),
    })
  }
  return { value: isPlain ? plainValue(text) : text, holdsSecret, unset: empty, problems: [] }
}

function plainValue(text: string): unknown {
  if (text === '') return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
