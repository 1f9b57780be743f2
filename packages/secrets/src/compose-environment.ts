import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'

type Lookup = (name: string) => string | undefined

/** The spaces within a line, and all spaces, as Go defines them, in which Compose is written. */
const lineSpace = '[\\t\\v\\f\\r \\u0085\\u00a0]'
const anySpace = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const leadingLineSpace = new RegExp(`^${lineSpace}+`)
const trailingSpace = new RegExp(`${anySpace}+$`)
const leadingSpace = new RegExp(`^${anySpace}+`)
const nameEnd = new RegExp(`^(?:${lineSpace}|[\\p{L}\\p{N}_.[\\]-])*`, 'u')

/**
 * Reads an environment file by the rules of Docker Compose: comments, quotes, escapes, values of several lines, `${X:-y}`, a byte order
 * mark, CRLF. Variables of `shell` override the file, as they do for Compose. A test compares it with Compose itself.
 * Compose's own rules: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
 * @throws ConfigurationError with the line of the first problem; it never contains a value
 */
export function readComposeEnvironment(
  text: string,
  shell: Readonly<Record<string, string | undefined>> = {},
  file = '.env.production',
): Readonly<Record<string, string>> {
  const values = new Map<string, string>()
  const ofShell: Lookup = (name) => (Object.hasOwn(shell, name) ? shell[name] : undefined)
  const lookup: Lookup = (name) => ofShell(name) ?? values.get(name)
  const source = text.replace(/^\uFEFF/, '')
  let left = source
  const fail = (rule: string, at: string): never => {
    const line = source.slice(0, source.length - at.length).split('\n').length
    throw new ConfigurationError([{ path: `${file}:${line}`, rule: `${rule}, or Compose cannot read the file` }])
  }
  for (;;) {
    left = left.replace(leadingSpace, '')
    if (left === '') break
    if (left.startsWith('#')) {
      left = afterLine(left)
      continue
    }
    const begin = left
    const assignment = new RegExp(`^export${anySpace}`).test(left)
      ? left.slice('export'.length).replace(leadingLineSpace, '')
      : left
    const [written = ''] = nameEnd.exec(assignment) ?? []
    const end = assignment.charAt(written.length)
    if (end !== '' && !'=:\n'.includes(end)) fail('must begin with a name of letters, digits, "_", ".", "-", "[" and "]"', begin)
    // A name at the very end of the file, without "=" and line break, is not a variable
    if (end === '') break
    const name = written.replace(trailingSpace, '')
    if (name.includes(' ')) fail('must not have a space in the name', begin)
    left = assignment.slice(written.length + 1).replace(leadingLineSpace, '')
    if (end === '\n') {
      // A name alone takes its value from the shell
      const inherited = ofShell(name)
      if (inherited !== undefined) values.set(name, inherited)
      continue
    }
    const { value, rest } = readValue(left) ?? fail('must close the quote', begin)
    left = rest
    values.set(
      name,
      value.isLiteral
        ? value.text
        : (substitute(value.text, lookup) ?? fail('must have a valid ${...} or $$ for a single $', begin)),
    )
  }
  // Compose ignores names that begin with a digit
  const named = [...values].filter(([name]) => name !== '' && !/^\s*\d/.test(name))
  return Object.fromEntries(named.map(([name, value]) => [name, ofShell(name) ?? value]))
}

interface Value {
  readonly text: string
  /** Whether `$` has no meaning in it. */
  readonly isLiteral: boolean
}

/** The value at the beginning of `source` and what follows; undefined if its quote is not closed. */
function readValue(source: string): { readonly value: Value; readonly rest: string } | undefined {
  const quote = source.charAt(0)
  if (quote !== '"' && quote !== "'") {
    const [line = ''] = source.split('\n', 1)
    const [text = ''] = line.split(' #', 1)
    return { value: { text: text.replace(trailingSpace, ''), isLiteral: false }, rest: afterLine(source) }
  }
  let text = ''
  for (let index = 1; index < source.length; index += 1) {
    const character = source.charAt(index)
    if (character === quote) {
      const value = quote === '"' ? { text: unescaped(text), isLiteral: false } : { text, isLiteral: true }
      return { value, rest: source.slice(index + 1) }
    }
    if (character !== '\\') text += character
    else {
      // Only the quote loses its backslash here; the others are for unescaped()
      index += 1
      if (index >= source.length) return undefined
      text += source.charAt(index) === quote ? quote : `\\${source.charAt(index)}`
    }
  }
  return undefined
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  $: '$$',
}

/** Backslash sequences of a double-quoted value; `\$` becomes `$$`, which is a `$` after substitution. Others stay. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (sequence, letter: string | undefined, octal = '') => {
    if (letter !== undefined) return escapes[letter] ?? sequence
    // One that is not an octal number loses its zero
    const [digits] = /^[0-7]{3}/.exec(octal) ?? []
    const code = digits === undefined ? Number.NaN : Number.parseInt(digits, 8)
    return code <= 255 ? String.fromCodePoint(code) : `\\${octal}`
  })
}

const placeholder =
  /\$(?:(?<escaped>\$)|(?<named>[_a-z][_a-z0-9]*)|\{(?:(?<braced>[_a-z][_a-z0-9]*(?::?[-+?][^\n]*)?)\}|(?<invalid>)))/gi
const operators = [':?', '?', ':-', '-', ':+', '+'] as const

/** Replaces `$NAME` and `${...}`; undefined if one is invalid, or required and missing. */
function substitute(template: string, lookup: Lookup): string | undefined {
  let isValid = true
  const text = template.replaceAll(placeholder, (whole: string) => {
    const replaced = replace(whole, lookup)
    if (replaced === undefined) isValid = false
    return replaced ?? ''
  })
  return isValid ? text : undefined
}

function replace(whole: string, lookup: Lookup): string | undefined {
  const closing = closingBrace(whole)
  const [part, rest] = closing < 0 ? [whole, ''] : [whole.slice(0, closing + 1), whole.slice(closing + 1)]
  const { escaped, named, braced } = new RegExp(placeholder.source, 'i').exec(part)?.groups ?? {}
  if (escaped) return escaped
  if (named) return lookup(named) ?? ''
  if (!braced) return undefined
  // The first one decides; of two at the same place the longer one
  const [operator] = operators
    .filter((each) => whole.includes(each))
    .toSorted((one, other) => whole.indexOf(one) - whole.indexOf(other) || other.length - one.length)
  const value =
    operator === undefined || !braced.includes(operator) ? (lookup(braced) ?? '') : withOperator(braced, operator, lookup)
  const following = substitute(rest, lookup)
  return value === undefined || following === undefined ? undefined : value + following
}

function withOperator(braced: string, operator: (typeof operators)[number], lookup: Lookup): string | undefined {
  const at = braced.indexOf(operator)
  const [name, alternative] = [braced.slice(0, at), braced.slice(at + operator.length)]
  const value = lookup(name)
  const isGiven = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  const substituted = substitute(alternative, lookup)
  // Compose reads the alternative even where it is not used
  if (substituted === undefined) return undefined
  if (operator.endsWith('-')) return isGiven ? value : substituted
  if (operator.endsWith('+')) return isGiven ? substituted : (value ?? '')
  return isGiven ? value : undefined
}

/** Index of the brace that closes the first `${`; -1 if there is none. */
function closingBrace(text: string): number {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    if (text.charAt(index) === '}') {
      depth -= 1
      if (depth === 0) return index
    }
    if (text.startsWith('${', index)) {
      depth += 1
      index += 1
    }
  }
  return -1
}

function afterLine(source: string): string {
  const end = source.indexOf('\n')
  return end < 0 ? '' : source.slice(end + 1)
}

const target = '.env.production'

/** Beginning of a `.env` that is a copy. */
const copyMark = '# A copy of .env.production, made by `'

/** The state of `.env`; with a `problem`, nothing was written. */
export interface EnvironmentLink {
  readonly kind: 'link' | 'copy'
  readonly problem?: string
}

/** Options for {@link linkEnvironment}. */
export interface LinkOptions {
  /** Makes a symbolic link, or throws. @default symlinkSync */
  readonly makeLink?: ((target: string, path: string) => void) | undefined
  /** The command that renews a copy, for its first line. @default 'pnpm secrets' */
  readonly command?: string
}

/**
 * Makes `.env` a link to `.env.production`, because Compose fills in `${...}` from `.env` only. Where links are not allowed (Windows
 * without developer mode), it makes a copy, which each call renews.
 */
export function linkEnvironment(
  folder: string,
  { makeLink = symlinkSync, command = 'pnpm secrets' }: LinkOptions = {},
): EnvironmentLink {
  const path = join(folder, '.env')
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present?.isSymbolicLink() && readlinkSync(path) === target) return { kind: 'link' }
  if (present !== undefined) {
    if (present.isSymbolicLink() || !present.isFile() || !readFileSync(path, 'utf8').startsWith(copyMark)) {
      const problem =
        '.env exists and is not a link to .env.production, so Compose would not read your settings: move its content to .env.production and remove it'
      return { kind: 'link', problem }
    }
    rmSync(path)
  }
  try {
    makeLink(target, path)
    return { kind: 'link' }
  } catch {
    const text = readFileSync(join(folder, target), 'utf8').replace(/^\uFEFF/, '')
    // It may contain secrets
    writeFileSync(path, `${copyMark}${command}\`: change that file and run \`${command}\` again.\n${text}`, { mode: 0o600 })
    return { kind: 'copy' }
  }
}
