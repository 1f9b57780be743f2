import type { Document, LineCounter, YAMLParseError, YAMLWarning } from 'yaml'

import type { Problem } from '../configuration-error.ts'
import { shownValue } from '../shown-value.ts'

/** What is wrong with the YAML itself, with line and column. Never quotes the text, which may hold a secret, but for keys. */
export function yamlProblems(fileName: string, text: string, document: Document.Parsed, lines: LineCounter): Problem[] {
  return [...document.errors, ...document.warnings].map((error) => {
    const start = error.code === 'DUPLICATE_KEY' ? keyStart(text, error.pos[0]) : error.pos[0]
    const { line, col } = lines.linePos(start)
    if (error.code === 'DUPLICATE_KEY') {
      const key = text.slice(start).split(/[:\r\n]/, 1)[0]
      return { path: fileName, rule: 'must have each key once', value: shownValue(key), place: `${fileName}:${line}:${col}` }
    }
    return { path: fileName, rule: `must be valid YAML; line ${line}, column ${col}: ${sentence(error)}` }
  })
}

/** The parser may point at the end of the line before: this passes over white space and comments. */
function keyStart(text: string, start: number): number {
  return start + (/^(?:\s|#.*)*/.exec(text.slice(start))?.[0].length ?? 0)
}

/** The parser's own words, up to where they quote the text. */
function sentence({ code, message }: YAMLParseError | YAMLWarning): string {
  if (code === 'TAG_RESOLVE_FAILED') return 'Tags (!...) are not known here'
  if (code === 'MULTIPLE_DOCS') return 'There is a second document'
  return message.split(/: |[\r\n]/, 1)[0] ?? 'unreadable'
}
