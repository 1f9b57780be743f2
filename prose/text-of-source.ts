import { parseSync } from 'oxc-parser'
import { Lexer } from 'yaml'

/** A kind of text that the linter reads. `markdown` is the text of a page outside code and links. */
export type TextKind = 'markdown' | 'comment' | 'doc comment' | 'string' | 'test title' | 'identifier'

/** A piece of text in a file. Markup and code in it are replaced by as many blanks or zeros, so that offsets hold. */
export interface TextPiece {
  readonly kind: TextKind
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A node of the syntax tree, as the parser returns it. */
interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ')
const zeros = (text: string): string => text.replaceAll(/[^\n]/g, '0')

/** Code, links and addresses in a comment are no prose. */
function withoutCode(text: string): string {
  return text
    .replaceAll(/```[\s\S]*?```/g, blank)
    .replaceAll(/`[^`\n]*`/g, zeros)
    .replaceAll(/\{@\w+[^}]*\}/g, zeros)
    .replaceAll(/https?:\/\/\S+/g, zeros)
    .replaceAll(/"[^"\n]*"/g, zeros)
}

/**
 * Reads comments, strings with at least two words, test titles and declared names of a TypeScript or JavaScript file.
 * Of strings in test files it reads the titles only, because the others repeat what the code under test prints.
 */
export function textOfTypeScript(source: string, path: string): TextPiece[] {
  const { program, comments } = parseSync(path, source)
  const pieces = textOfComments(source, comments)
  visit(program as unknown as SyntaxNode, isTestFile(path), source, pieces)
  return pieces.toSorted((left, right) => left.start - right.start)
}

const isTestFile = (path: string): boolean => /(?:^|\/)test\/|\.test\.ts$/.test(path)

function textOfComments(source: string, comments: readonly { type: string; start: number; end: number }[]): TextPiece[] {
  const pieces: TextPiece[] = []
  for (const { type, start, end } of comments) {
    const raw = source.slice(start, end)
    const last = pieces.at(-1)
    if (type === 'Block') {
      const text = withoutCode(raw.replaceAll(/^\/\*+|\*+\/$|^[ \t]*\*/gm, blank))
      pieces.push({ kind: raw.startsWith('/**') ? 'doc comment' : 'comment', start, end, text })
    } else if (last?.kind === 'comment' && /^\r?\n[ \t]*$/.test(source.slice(last.end, start))) {
      // A sentence goes on in the next line, so the lines of one comment are one text
      const between = source.slice(last.end, start)
      pieces[pieces.length - 1] = { ...last, end, text: withoutCode(last.text + between + raw.replace('//', '  ')) }
    } else {
      pieces.push({ kind: 'comment', start, end, text: withoutCode(raw.replace('//', '  ')) })
    }
  }
  return pieces
}

/** Children that hold code words, such as a module's address, and no text. */
const skippedChildren: Readonly<Record<string, readonly string[]>> = {
  ImportDeclaration: ['source', 'attributes'],
  ExportNamedDeclaration: ['source'],
  ExportAllDeclaration: ['source'],
  ImportExpression: ['source'],
  TSLiteralType: ['literal'],
  Property: ['key'],
}

function visit(node: SyntaxNode, isTest: boolean, source: string, pieces: TextPiece[]): void {
  const title = isTest && node.type === 'CallExpression' ? titleOf(node) : undefined
  if (title) addString(title, 'test title', source, pieces)
  else if (!isTest && (node.type === 'Literal' || node.type === 'TemplateLiteral')) addString(node, 'string', source, pieces)
  for (const name of declaredNames(node)) {
    const { start, end } = name
    pieces.push({ kind: 'identifier', start, end, text: source.slice(start, end) })
  }
  const skipped = skippedChildren[node.type] ?? []
  for (const key in node) {
    if (skipped.includes(key)) continue
    const child = node[key]
    if (Array.isArray(child)) {
      for (const each of child) if (isNode(each)) visit(each, isTest, source, pieces)
    } else if (isNode(child)) visit(child, isTest, source, pieces)
  }
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

/** The first argument of `test(...)`, `describe.skipIf(...)(...)`, `test.each(...)(...)` and the like. */
function titleOf(call: SyntaxNode): SyntaxNode | undefined {
  const first = (call['arguments'] as SyntaxNode[])[0]
  if (first?.type !== 'Literal' && first?.type !== 'TemplateLiteral') return undefined
  let callee = call['callee'] as SyntaxNode
  for (;;) {
    if (callee.type === 'MemberExpression') callee = callee['object'] as SyntaxNode
    else if (callee.type === 'CallExpression') callee = callee['callee'] as SyntaxNode
    else break
  }
  return callee.type === 'Identifier' && /^(?:test|it|describe|suite|bench)/.test(String(callee['name'])) ? first : undefined
}

function addString(node: SyntaxNode, kind: TextKind, source: string, pieces: TextPiece[]): void {
  if (node.type === 'Literal' && typeof node['value'] !== 'string') return
  const { start, end } = node
  let text = source.slice(start, end)
  for (const { start: from, end: to } of (node['expressions'] ?? []) as SyntaxNode[]) {
    // With the braces around it: `${x}`
    text = text.slice(0, from - start - 2) + zeros(text.slice(from - start - 2, to - start + 1)) + text.slice(to - start + 1)
  }
  text = text
    .replaceAll(/\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])/g, blank)
    .replaceAll(/^['"`]|['"`]$/g, ' ')
    .replaceAll(/`[^`\n]*`|https?:\/\/\S+/g, zeros)
  if (/[a-z]{2}\s+\S*[a-z]|[a-z]\S*\s+[a-z]{2}/i.test(text)) pieces.push({ kind, start, end, text })
}

function declaredNames(node: SyntaxNode): SyntaxNode[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return namesOf(node['id'])
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'TSDeclareFunction':
    case 'TSMethodSignature':
    case 'TSFunctionType':
      return [...namesOf(node['id']), ...namesOf(node['key']), ...(node['params'] as unknown[]).flatMap(namesOf)]
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return namesOf(node['id'])
    case 'PropertyDefinition':
    case 'MethodDefinition':
    case 'TSPropertySignature':
      return node['computed'] ? [] : namesOf(node['key'])
    default:
      return []
  }
}

/** The names in a pattern such as `{ a, b: c = 1, ...rest }`. */
function namesOf(pattern: unknown): SyntaxNode[] {
  if (!isNode(pattern)) return []
  switch (pattern.type) {
    case 'Identifier':
      return [{ ...pattern, end: pattern.start + String(pattern['name']).length }]
    case 'PrivateIdentifier':
      return [pattern]
    case 'AssignmentPattern':
      return namesOf(pattern['left'])
    case 'RestElement':
      return namesOf(pattern['argument'])
    case 'ArrayPattern':
      return (pattern['elements'] as unknown[]).flatMap(namesOf)
    case 'ObjectPattern':
      return (pattern['properties'] as SyntaxNode[]).flatMap((property) =>
        property['shorthand'] ? [] : namesOf(property.type === 'RestElement' ? property : property['value']),
      )
    default:
      return []
  }
}

/** Reads the comments of a YAML file. */
export function textOfYaml(source: string): TextPiece[] {
  const comments: { type: string; start: number; end: number }[] = []
  let offset = 0
  let isScalar = false
  for (const token of new Lexer().lex(source)) {
    // The lexer announces scalars and documents by control characters that are not in the source
    if (token === '\u001F' || token === '\u0002' || token === '\u0018') {
      isScalar = token === '\u001F'
      continue
    }
    if (token.startsWith('#') && !isScalar) comments.push({ type: 'Line', start: offset, end: offset + token.length })
    isScalar = false
    offset += token.length
  }
  return joinHashComments(source, comments)
}

/** Reads the comments of a shell script, a Dockerfile or an environment file: lines that begin with `#`, or `;` in an INI file. */
export function textOfHashComments(source: string): TextPiece[] {
  const comments = [...source.matchAll(/^[ \t]*[#;].*$/gm)].map(({ index, 0: { length } }) => ({
    type: 'Line',
    start: index,
    end: index + length,
  }))
  return joinHashComments(source, comments)
}

function joinHashComments(source: string, comments: readonly { type: string; start: number; end: number }[]): TextPiece[] {
  return textOfComments(source.replaceAll(/^([ \t]*)[#;]/gm, '$1 '), comments)
}
