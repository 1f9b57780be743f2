import { ASTNodeTypes, type TxtDocumentNode, type TxtTextNode } from '@textlint/ast-node-types'
import { TextlintKernel, type TextlintPluginCreator, type TextlintRuleModule } from '@textlint/kernel'
import { parse } from '@textlint/markdown-to-ast'

import { type TextKind, type TextPiece, textOfHashComments, textOfTypeScript, textOfYaml } from './text-of-source.ts'
import { identifierWords, words } from './words.ts'

/** A word of the list that was found. */
export interface Hit {
  readonly path: string
  /** Counted from 1; 0 for a word in the name of the file. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/**
 * Checks one file with textlint: the text of a Markdown page; comments, strings, test titles and declared names of TypeScript;
 * the comments of any other file. Of a changelog it reads the newest section only.
 */
export async function hitsOf(source: string, path: string): Promise<Hit[]> {
  const { messages } = await kernel.lintText(path.endsWith('CHANGELOG.md') ? newestSection(source) : source, {
    ext: '.text',
    filePath: path,
    plugins: [{ pluginId: 'text', plugin: textPlugin }],
    rules: [{ ruleId: 'words', rule: wordsRule }],
  })
  const hits = messages.map(({ loc, message }) => ({ path, line: loc.start.line, column: loc.start.column, message }))
  return [...hitsOfFileName(path), ...hits, ...(path.endsWith('.md') ? longLines(source, path) : [])]
}

const kernel = new TextlintKernel()

const newestSection = (changelog: string): string => changelog.split(/^(?=## )/m, 2).join('')

/** Makes a textlint document of a file: of Markdown its syntax tree, of a source file one node for each piece of text. */
const textPlugin: TextlintPluginCreator = {
  Processor: class {
    availableExtensions(): string[] {
      return ['.text']
    }
    processor(_extension: string): ReturnType<InstanceType<TextlintPluginCreator['Processor']>['processor']> {
      return {
        preProcess: (text, path = '') => (path.endsWith('.md') ? parse(text) : documentOf(text, piecesOf(text, path))),
        postProcess: (messages, filePath = '') => ({ messages, filePath }),
      }
    }
  },
}

function piecesOf(source: string, path: string): TextPiece[] {
  if (/\.[cm]?[jt]s$/.test(path)) return textOfTypeScript(source, path)
  return /\.ya?ml$/.test(path) ? textOfYaml(source) : textOfHashComments(source)
}

function documentOf(source: string, pieces: readonly TextPiece[]): TxtDocumentNode {
  const lineStarts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)]
  let line = 0
  const positionOf = (offset: number) => {
    // Pieces come in order, so the line of the next one is rarely before that of the last
    while (line > 0 && (lineStarts[line] ?? 0) > offset) line -= 1
    while ((lineStarts[line + 1] ?? Number.POSITIVE_INFINITY) <= offset) line += 1
    return { line: line + 1, column: offset - (lineStarts[line] ?? 0) }
  }
  const locationOf = (start: number, end: number) => ({ start: positionOf(start), end: positionOf(end) })
  const { length } = source
  return {
    type: ASTNodeTypes.Document,
    raw: source,
    range: [0, length],
    loc: locationOf(0, length),
    children: pieces.map(({ kind, start, end, text }) => ({
      type: ASTNodeTypes.Str,
      raw: source.slice(start, end),
      range: [start, end] as [number, number],
      loc: locationOf(start, end),
      value: text,
      kind,
    })),
  }
}

const wordsRule: TextlintRuleModule = ({ Syntax, RuleError, report, locator }) => ({
  [Syntax.Str](node: TxtTextNode & { kind?: TextKind }) {
    const kind = node.kind ?? 'markdown'
    const found = kind === 'identifier' ? findInName(node.value) : findInText(node.value, kind)
    for (const { start, end, word, instead } of found) {
      const message = `${kind}: "${word}"; write: ${instead}`
      report(node, new RuleError(message, { padding: locator.range([start, end]) }))
    }
  },
})

interface Found {
  readonly start: number
  readonly end: number
  readonly word: string
  readonly instead: string
}

function findInText(text: string, kind: TextKind): Found[] {
  return words
    .filter(({ kinds }) => !kinds || kinds.includes(kind))
    .flatMap(({ pattern, instead }) =>
      [...text.replaceAll(/[\w.@*-]*\/[\w./*-]+\.\w+/g, (path) => '0'.repeat(path.length)).matchAll(pattern)].map(
        ({ index: start, 0: word }) => ({
          start,
          end: start + word.length,
          word: word.trim().replaceAll(/\s+/g, ' '),
          instead,
        }),
      ),
    )
}

function findInName(name: string): Found[] {
  const parts = [...name.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)]
  return parts.flatMap(({ index: start, 0: part }) => {
    const instead = identifierWords.get(part.toLowerCase())
    return instead === undefined ? [] : [{ start, end: start + part.length, word: part, instead }]
  })
}

function hitsOfFileName(path: string): Hit[] {
  return findInName(path).map(({ start, word, instead }) => {
    return { path, line: 0, column: start + 1, message: `file name: "${word}"; write: ${instead}` }
  })
}

/** Lines of Markdown that a break near column 100 would make readable; tables, headings and code are as long as they are. */
function longLines(page: string, path: string): Hit[] {
  let isCode = false
  return page.split('\n').flatMap((line, index) => {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode
    const isText = !isCode && !/^\s*(?:\||#|\[[^\]]+\]:|<)/.test(line)
    if (!isText || line.length <= 120 || line.trimEnd().lastIndexOf(' ') <= 100) return []
    return [{ path, line: index + 1, column: 101, message: `markdown: ${line.length} columns; wrap near 100` }]
  })
}
