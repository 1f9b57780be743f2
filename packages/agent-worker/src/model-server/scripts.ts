import type { Conversation } from './chat-request.ts'

/** The next turn of the scripted model: a text, or a call of one tool. */
export type Turn = { readonly text: string } | { readonly tool: string; readonly input: Record<string, unknown> }

/** Decides the next turn from the conversation so far. It is a pure function, so a repeated request gets the same answer. */
export type Script = (conversation: Conversation) => Turn

/** Scripts of the three reference agents, by agent name. */
export const scriptedAgents: ReadonlyMap<string, Script> = new Map([
  ['rapid-builder', rapidBuilderScript],
  ['api-integrator', apiIntegratorScript],
  ['reviewer', reviewerScript],
])

/** Lists the files first if the instructions ask for it, writes a module and its test, then describes them. */
function rapidBuilderScript(conversation: Conversation): Turn {
  const { item, folder } = taskOf(conversation)
  const module = `${folder}/feature.ts`
  const test = `${folder}/feature.test.ts`
  const isWritten = (path: string): boolean =>
    outputOf(conversation, 'write_file', (input) => input['path'] === path) !== undefined

  if (conversation.instructions.includes('List the files first') && !outputOf(conversation, 'list_files')) {
    return { tool: 'list_files', input: { folder } }
  }
  if (!isWritten(module)) return { tool: 'write_file', input: { path: module, content: moduleText(item) } }
  if (!isWritten(test)) return { tool: 'write_file', input: { path: test, content: testText(item) } }
  return { text: `Built ${item}: ${module} holds the feature, ${test} its test.` }
}

const moduleText = (item: string): string => `/** Feature of ${item}. */
export function isDone(): boolean {
  return true
}
`

const testText = (item: string): string => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDone } from './feature.ts'

test('${item} is done', () => assert.equal(isDone(), true))
`

/** Reads the requirement, writes a client for its endpoints, then describes the client in several sentences. */
function apiIntegratorScript(conversation: Conversation): Turn {
  const { item, folder } = taskOf(conversation)
  const requirement = outputOf(conversation, 'get_requirement')
  if (!requirement) return { tool: 'get_requirement', input: { item } }

  const endpoints = Array.isArray(requirement['endpoints']) ? requirement['endpoints'].map(String) : []
  const path = `${folder}/client.ts`
  if (!outputOf(conversation, 'write_file')) return { tool: 'write_file', input: { path, content: clientText(item, endpoints) } }
  return {
    text: [
      `${path} is a typed client for ${item}.`,
      `It covers ${endpoints.length} endpoints: ${endpoints.join(', ')}.`,
      'Each function takes the base address and an abort signal, and rejects when the server answers with an error.',
    ].join(' '),
  }
}

function clientText(item: string, endpoints: readonly string[]): string {
  const functions = endpoints.map((endpoint) => {
    const [method = 'GET', path = '/'] = endpoint.split(' ')
    return `export async function ${functionName(method, path)}(base: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(base + '${path}', { method: '${method}', signal })
  if (!response.ok) throw new Error('${method} ${path} answered ' + response.status)
  return response.json()
}
`
  })
  return [`/** Client for ${item}. */\n`, ...functions].join('\n')
}

// "GET /orders/latest" becomes getOrdersLatest
function functionName(method: string, path: string): string {
  const words = path.match(/[a-z0-9]+/gi) ?? []
  return method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
}

const reviewFile = 'REVIEW.md'

/** Lists the folder, reads each file, writes a review, posts the verdict, then repeats it as text. */
function reviewerScript(conversation: Conversation): Turn {
  const { item, folder } = taskOf(conversation)
  const listed = outputOf(conversation, 'list_files')
  if (!listed) return { tool: 'list_files', input: { folder } }

  const files = (Array.isArray(listed['files']) ? listed['files'].map(String) : []).filter((file) => !file.endsWith(reviewFile))
  const contents = new Map(files.map((path) => [path, outputOf(conversation, 'read_file', (input) => input['path'] === path)]))
  for (const [path, read] of contents) if (!read) return { tool: 'read_file', input: { path } }

  const verdict = files.length > 0 ? 'approve' : 'request_changes'
  if (!outputOf(conversation, 'write_file')) {
    const lines = [...contents].map(([path, read]) => `- ${path}: ${lineCount(read?.['content'])} lines, reads well`)
    const content = [
      `# Review of ${item}`,
      '',
      ...(lines.length > 0 ? lines : ['- the folder has no files yet']),
      '',
      `Verdict: ${verdict}`,
      '',
    ].join('\n')
    return { tool: 'write_file', input: { path: `${folder}/${reviewFile}`, content } }
  }
  if (!outputOf(conversation, 'post_review')) {
    return { tool: 'post_review', input: { item, verdict, summary: `${files.length} files read.` } }
  }
  return { text: `Reviewed ${item}: ${files.length} files read, verdict ${verdict}.` }
}

const lineCount = (text: unknown): number => (typeof text === 'string' ? text.trimEnd().split('\n').length : 0)

/** Returns the output of the first successful call of `tool` whose arguments match, or undefined if there was no such call yet. */
function outputOf(
  { answers }: Conversation,
  tool: string,
  matches: (input: Record<string, unknown>) => boolean = () => true,
): Record<string, unknown> | undefined {
  return answers.find((answer) => answer.tool === tool && answer.output !== undefined && matches(answer.input))?.output
}

/** The backlog item and the folder that a prompt names. */
interface ScriptedTask {
  readonly item: string
  readonly folder: string
}

/** Finds the item ("item B-2") and, at the end, the folder ("folder b-2.") in the first message of the user. */
function taskOf({ task }: Conversation): ScriptedTask {
  return {
    item: /\bitem ([A-Z]+-\d+)/.exec(task)?.[1] ?? 'B-1',
    folder: /\bfolder ([a-z]+-\d+)\.$/.exec(task)?.[1] ?? 'b-1',
  }
}
