import { parse, type ParserOptions } from '@babel/parser'

/** Text of a file after an edit, or why it was not edited. */
export type CodeEdit =
  | { readonly kind: 'changed'; readonly text: string }
  | { readonly kind: 'present' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** The nodes of the tree that the edits look at. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** Adds `new AgentInstrumentation()` to the `instrumentations` of a `new NodeSDK({ ... })`, and its import. Nothing else changes. */
export function withAgentInstrumentation(text: string): CodeEdit {
  if (text.includes('@swarmwatch/instrumentation')) return { kind: 'present' }
  const program = read(text)
  if (program === undefined) return { kind: 'unknown', reason: 'it could not be read' }
  const [call, ...others] = nodesOf(program).filter(
    (node) => node.type === 'NewExpression' && nameOf(node['callee'] as Node) === 'NodeSDK',
  )
  if (call === undefined || others.length > 0) return { kind: 'unknown', reason: 'it has not exactly one new NodeSDK()' }
  const [options] = call['arguments'] as Node[]
  const created = 'new AgentInstrumentation()'
  const insertions: (readonly [at: number, text: string])[] = []
  if (options === undefined) {
    insertions.push([call.end - 1, `{ instrumentations: [${created}] }`])
  } else if (options.type !== 'ObjectExpression') {
    return { kind: 'unknown', reason: 'the options of new NodeSDK() are not written there as an object' }
  } else {
    const list = (options['properties'] as Node[]).find((each) => nameOf(each['key'] as Node | undefined) === 'instrumentations')
    const value = list?.['value'] as Node | undefined
    if (value === undefined) {
      insertions.push([options.start + 1, ` instrumentations: [${created}],`])
    } else if (value.type === 'ArrayExpression') {
      const isEmpty = (value['elements'] as unknown[]).length === 0
      insertions.push([value.start + 1, isEmpty ? created : `${created}, `])
    } else {
      insertions.push([value.start, `[${created}, `], [value.end, ']'])
    }
  }
  insertions.push(importOf(program, text, 'AgentInstrumentation', '@swarmwatch/instrumentation'))
  return { kind: 'changed', text: withInsertions(text, insertions) }
}

/** Adds the start of telemetry to the end of `register()` of Next.js' instrumentation file. Nothing else changes. */
export function withNextTelemetry(text: string, serviceName: string): CodeEdit {
  if (text.includes('@swarmwatch/node')) return { kind: 'present' }
  const program = read(text)
  if (program === undefined) return { kind: 'unknown', reason: 'it could not be read' }
  const register = nodesOf(program).find(
    (node) => node.type === 'FunctionDeclaration' && nameOf(node['id'] as Node | undefined) === 'register',
  )
  if (register === undefined) return { kind: 'unknown', reason: 'it has no function register()' }
  const body = register['body'] as Node
  const statements = body['body'] as Node[]
  if (statements.some((node) => node.type === 'ReturnStatement' || hasReturn(node))) {
    return { kind: 'unknown', reason: 'register() has a return, so that the end of it may not be reached' }
  }
  const at = body.end - 1
  const isOnOneLine = !text.slice(body.start, body.end).includes('\n')
  const insertions: (readonly [number, string])[] = [[at, `${isOnOneLine ? '\n' : ''}${nextTelemetry(serviceName)}`]]
  if (register['async'] !== true) insertions.push([register.start, 'async '])
  return { kind: 'changed', text: withInsertions(text, insertions) }
}

/** Next.js' instrumentation file for a project that has none. */
export function nextInstrumentation(serviceName: string, hasTypeScript: boolean): string {
  return `export async function register()${hasTypeScript ? ': Promise<void>' : ''} {\n${nextTelemetry(serviceName)}}\n`
}

function nextTelemetry(serviceName: string): string {
  return `  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { startTelemetry } = await import('@swarmwatch/node')
    await startTelemetry({ serviceName: '${serviceName}', handleSignals: true })
  }
`
}

function read(text: string): Node | undefined {
  const plugins: ParserOptions['plugins'] = ['typescript', 'decorators']
  try {
    return parse(text, { sourceType: 'unambiguous', allowReturnOutsideFunction: true, plugins }).program as unknown as Node
  } catch {
    return undefined
  }
}

function nodesOf(node: Node): readonly Node[] {
  const children = Object.values(node).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
  return [node, ...children.filter(isNode).flatMap(nodesOf)]
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string' && 'start' in value
}

/** Whether the function that a statement is in may return within it. */
function hasReturn(node: Node): boolean {
  if (/Function/.test(node.type)) return false
  if (node.type === 'ReturnStatement') return true
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .some((value) => isNode(value) && hasReturn(value))
}

/** The name of an identifier, of a string, or of the last part of `a.b`. */
function nameOf(node: Node | undefined): unknown {
  if (node?.type === 'MemberExpression') return nameOf(node['property'] as Node)
  return node?.type === 'StringLiteral' ? node['value'] : node?.['name']
}

/** An import, or a `require()` in a file of CommonJS, after the last one that is there. */
function importOf(program: Node, text: string, name: string, from: string): readonly [number, string] {
  const body = program['body'] as Node[]
  const imports = body.filter(({ type }) => type === 'ImportDeclaration')
  const quote = /from\s+"|require\("/.test(text) ? '"' : "'"
  const end = /(?:from\s+|require\()["'][^"']+["']\)?;/.test(text) ? ';' : ''
  if (imports.length > 0) return [imports.at(-1)!.end, `\nimport { ${name} } from ${quote}${from}${quote}${end}`]
  const isRequired = (node: Node): boolean =>
    node.type === 'VariableDeclaration' && /\brequire\(/.test(text.slice(node.start, node.end))
  const last = body.filter(isRequired).at(-1)
  const line = `const { ${name} } = require(${quote}${from}${quote})${end}`
  return last === undefined ? [body[0]?.start ?? 0, `${line}\n`] : [last.end, `\n${line}`]
}

function withInsertions(text: string, insertions: readonly (readonly [at: number, text: string])[]): string {
  return insertions
    .toSorted(([one], [other]) => other - one)
    .reduce((current, [at, added]) => current.slice(0, at) + added + current.slice(at), text)
}
