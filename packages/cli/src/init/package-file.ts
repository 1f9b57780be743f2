import { isDeepStrictEqual } from 'node:util'

import { applyEdits, modify } from 'jsonc-parser'

/** A value of `package.json` that was set: what was there and what is there now; undefined where there is nothing. */
export interface PackageEdit {
  readonly path: readonly string[]
  readonly before?: string | undefined
  readonly after: string
}

/** The parts of `package.json` that `init` reads. */
export interface PackageFile {
  readonly name?: string
  readonly type?: string
  readonly main?: string
  readonly packageManager?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** The text of `package.json` with these edits; everything else keeps its place and its spaces. */
export function withEdits(text: string, edits: readonly PackageEdit[]): string {
  return edits.reduce((current, { path, after }) => withValue(current, path, after), text)
}

/** Result of {@link withoutEdits}. */
export interface Reverted {
  readonly text: string
  /** Values that were changed since and stay, as `scripts.start`. */
  readonly kept: readonly string[]
}

/**
 * The text of `package.json` without these edits: each value that still is what was written becomes what it was. `original` is the text
 * before them, which is returned as it was if nothing else has changed since. `addition` is removed from values that have changed.
 */
export function withoutEdits(text: string, edits: readonly PackageEdit[], original: string, addition: string): Reverted {
  const kept: string[] = []
  let current = text
  for (const { path, before, after } of edits.toReversed()) {
    const value = valueAt(current, path)
    if (value === after) current = withValue(current, path, before)
    else if (typeof value === 'string' && value !== before) {
      if (value.includes(`${addition} `)) current = withValue(current, path, value.replace(`${addition} `, ''))
      else kept.push(path.join('.'))
    }
    const parent = path.slice(0, -1)
    if (isDeepStrictEqual(valueAt(current, parent), {}) && valueAt(original, parent) === undefined) {
      current = withValue(current, parent, undefined)
    }
  }
  return { text: isDeepStrictEqual(valueAt(current, []), valueAt(original, [])) ? original : current, kept }
}

function valueAt(text: string, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], JSON.parse(text))
}

function withValue(text: string, path: readonly string[], value: string | undefined): string {
  const [, indent = '  '] = /\n([ \t]+)"/.exec(text) ?? []
  const edits = modify(text, [...path], value, {
    formattingOptions: {
      insertSpaces: !indent.startsWith('\t'),
      tabSize: indent.length,
      eol: text.includes('\r\n') ? '\r\n' : '\n',
    },
    // Package managers sort dependencies by name
    getInsertionIndex: (names) => {
      if (path[0] === 'scripts') return names.length
      const at = names.findIndex((name) => name > path.at(-1)!)
      return at < 0 ? names.length : at
    },
  })
  return applyEdits(text, edits)
}
