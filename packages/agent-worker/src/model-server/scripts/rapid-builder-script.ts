import { outputOf, type Script } from '../script.ts'
import { taskOf } from './task-of.ts'

/** Looks around first if told to, writes a module and its test, then says what it did. */
export const rapidBuilderScript: Script = (conversation) => {
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
