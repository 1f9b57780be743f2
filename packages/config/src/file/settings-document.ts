import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml'

import { isSecretPath, isTargetPath, secretFileKeys } from '../channels/channel-types.ts'
import { isSecretName, type VariableReader } from '../environment.ts'
import { type Problem, shownPath, shownValue } from '../problem.ts'

/** Facts about a value of the file. */
export interface Detail {
  readonly line: number
  readonly holdsSecret: boolean
  /** Variables in it that are not set. */
  readonly unset: readonly string[]
}

/** The content of a settings file with its variables filled in. Keys and texts without a value are left out. */
export interface SettingsDocument {
  readonly value: unknown
  /** By path, such as `alerts.channels[0].webhook`. */
  readonly details: ReadonlyMap<string, Detail>
}

/** More than any real file has; a small file can become endless through aliases. */
const maxValues = 10_000
const maxLevels = 20

/** Reads the text of a settings file. Errors in its YAML or its variables are added to `problems`. */
export function readSettingsDocument(
  fileName: string,
  text: string,
  variables: VariableReader,
  problems: Problem[],
): SettingsDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = yamlProblems(fileName, text, document, lines)
  problems.push(...broken)
  const details = new Map<string, Detail>()
  if (broken.length > 0) return { value: undefined, details }
  let values = 0
  let isTooLarge = false

  function valueOf(node: Node | null | undefined, path: readonly PropertyKey[], line: number): unknown {
    values += 1
    if (values > maxValues || path.length > maxLevels) {
      isTooLarge = true
      return undefined
    }
    const here = node?.range ? lines.linePos(node.range[0]).line : line
    details.set(shownPath(path), { line: here, holdsSecret: false, unset: [] })
    if (isAlias(node)) return aliasValue(node, path, here)
    if (isSeq<Node>(node)) {
      const items = node.items.map((item, index) => valueOf(item, [...path, index], here))
      // a recipient or key whose variable is empty is left out; anything else without a value is kept, so that it is reported
      return isTargetPath(shownPath(path)) || isSecretPath(shownPath(path))
        ? items.filter((value) => value !== undefined)
        : items.map((value) => value ?? null)
    }
    if (isMap<Node, Node>(node)) {
      const entries = node.items.map(({ key, value }): [string, unknown] => {
        const name = isScalar(key) ? String(key.value) : key.toString()
        return [name, valueOf(value, [...path, name], key.range ? lines.linePos(key.range[0]).line : here)]
      })
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
    }
    return isScalar(node) ? scalarValue(node, shownPath(path), here) : undefined
  }

  function aliasValue(alias: Alias, path: readonly PropertyKey[], line: number): unknown {
    const anchored = alias.resolve(document as Document)
    if (anchored) return valueOf(anchored, path, line)
    const rule = 'must refer to an anchor of the file'
    problems.push({ path: shownPath(path), rule, value: shownValue(`*${alias.source}`), place: `${fileName}:${line}` })
    return undefined
  }

  function scalarValue({ value, type }: Scalar, path: string, line: number): unknown {
    if (typeof value !== 'string' || !value.includes('${')) return value ?? undefined
    const { problems: found, value: filledIn, ...detail } = fillIn(value, type === 'PLAIN', path, variables)
    details.set(path, { line, ...detail })
    problems.push(...found.map((problem) => ({ path, ...problem, place: `${fileName}:${line}` })))
    return filledIn
  }

  const value = valueOf(document.contents, [], 1) ?? {}
  if (isTooLarge) problems.push({ path: fileName, rule: `must have at most ${maxValues} values and ${maxLevels} levels` })
  return { value, details }
}

const secretKeys = `${secretFileKeys.slice(0, -1).join(', ')} and ${secretFileKeys.at(-1)}`

/** A text of the file after its variables are filled in. */
interface FilledIn {
  /** Undefined if a variable is missing, or if the text is not allowed at this path. */
  readonly value: unknown
  readonly holdsSecret: boolean
  /** Variables in it that are not set. */
  readonly unset: readonly string[]
  readonly problems: readonly { readonly rule: string; readonly value?: string | undefined }[]
}

/** Fills in the variables of the text at `path`. Unquoted (`isPlain`) text is then read as a number, a boolean or a text. */
function fillIn(written: string, isPlain: boolean, path: string, variables: VariableReader): FilledIn {
  const { text, unset, empty, holdsSecret, isMalformed } = interpolate(written, variables)
  const without = (...problems: FilledIn['problems']): FilledIn => ({ value: undefined, holdsSecret, unset: empty, problems })
  if (isMalformed) return without({ rule: 'must use variables as ${NAME} or ${NAME:-default}', value: shownValue(written) })
  if (isTargetPath(path) && unset.length > 0) return without()
  if (text === '' && unset.length === 0 && (isTargetPath(path) || isSecretPath(path))) return without()
  if (unset.length > 0) {
    return without(...unset.map((name) => ({ rule: `uses \${${name}}, which is not set; set it or write \${${name}:-default}` })))
  }
  if (holdsSecret && !isSecretPath(path)) {
    return without({
      rule: `must not contain a secret; only ${secretKeys} of an alert channel and ical of a rotation may`,
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

/** A text of the file with its variables filled in. */
interface Interpolated {
  readonly text: string
  /** Variables without a value and without `:-default`. */
  readonly unset: readonly string[]
  /** All variables without a value. */
  readonly empty: readonly string[]
  /** Whether it now contains a secret: a variable named like one, or one from a `NAME_FILE`. */
  readonly holdsSecret: boolean
  /** Whether there is a `${` that begins neither of the two forms. */
  readonly isMalformed: boolean
}

// ${NAME} or ${NAME:-default}; the default contains no }
const reference = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g

/** Fills in `${NAME}` and `${NAME:-default}`; an unset `${NAME}` becomes nothing and is listed. */
function interpolate(written: string, variables: VariableReader): Interpolated {
  const unset: string[] = []
  const empty: string[] = []
  let holdsSecret = false
  const text = written.replace(reference, (_, name: string, fallback: string | undefined) => {
    const variable = variables.orFile(name)
    if (variable) holdsSecret ||= isSecretName(name) || variable.name !== name
    else empty.push(name)
    if (!variable && fallback === undefined) unset.push(name)
    return variable?.text ?? fallback ?? ''
  })
  return { text, unset, empty, holdsSecret, isMalformed: written.replace(reference, '').includes('${') }
}

/** Errors of the YAML itself, with line and column. Quotes keys but no values, which may be secrets. */
function yamlProblems(fileName: string, text: string, document: Document.Parsed, lines: LineCounter): Problem[] {
  return [...document.errors, ...document.warnings].map((error) => {
    const start = error.code === 'DUPLICATE_KEY' ? keyStart(text, error.pos[0]) : error.pos[0]
    const { line, col } = lines.linePos(start)
    if (error.code === 'DUPLICATE_KEY') {
      const key = text.slice(start).split(/[:\r\n]/, 1)[0]
      return { path: fileName, rule: 'must not contain a key twice', value: shownValue(key), place: `${fileName}:${line}:${col}` }
    }
    return { path: fileName, rule: `must be valid YAML; line ${line}, column ${col}: ${sentence(error)}` }
  })
}

/** The parser may point at the end of the line before: this skips white space and comments. */
function keyStart(text: string, start: number): number {
  return start + (/^(?:\s|#.*)*/.exec(text.slice(start))?.[0].length ?? 0)
}

/** The message of the parser, without the part that quotes the text. */
function sentence({ code, message }: YAMLParseError | YAMLWarning): string {
  if (code === 'TAG_RESOLVE_FAILED') return 'Tags (!...) are not supported'
  if (code === 'MULTIPLE_DOCS') return 'There is a second document'
  return message.split(/: |[\r\n]/, 1)[0] ?? 'unreadable'
}
