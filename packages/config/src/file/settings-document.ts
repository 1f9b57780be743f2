import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type Scalar,
} from 'yaml'

import type { Problem } from '../configuration-error.ts'
import type { Environment } from '../environment.ts'
import { shownPath, shownValue } from '../shown-value.ts'
import { isSecretPath, isTargetPath } from './channel-target.ts'
import { fillIn } from './fill-in.ts'
import { yamlProblems } from './yaml-problems.ts'

/** What is known about a value of the file besides the value. */
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

/** More than any real file has; aliases can make a small file endless. */
const mostValues = 10_000
const mostLevels = 20

/** Reads the text of a settings file; what is wrong with its YAML or its variables is added to `problems`. */
export function readSettingsDocument(
  fileName: string,
  text: string,
  environment: Environment,
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
    if (values > mostValues || path.length > mostLevels) {
      isTooLarge = true
      return undefined
    }
    const here = node?.range ? lines.linePos(node.range[0]).line : line
    details.set(shownPath(path), { line: here, holdsSecret: false, unset: [] })
    if (isAlias(node)) return aliasValue(node, path, here)
    if (isSeq<Node>(node)) {
      const items = node.items.map((item, index) => valueOf(item, [...path, index], here))
      // a recipient or key whose variable is empty is left out; anything else without a value is kept, to be told
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
    const { problems: found, value: filledIn, ...detail } = fillIn(value, type === 'PLAIN', path, environment)
    details.set(path, { line, ...detail })
    problems.push(...found.map((problem) => ({ path, ...problem, place: `${fileName}:${line}` })))
    return filledIn
  }

  const value = valueOf(document.contents, [], 1) ?? {}
  if (isTooLarge) problems.push({ path: fileName, rule: `must have at most ${mostValues} values and ${mostLevels} levels` })
  return { value, details }
}
