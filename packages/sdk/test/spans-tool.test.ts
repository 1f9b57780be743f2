import { afterEach, beforeEach, expect, test } from 'vitest'

import { instrumentTool } from '../src/index.ts'
import { InMemoryTelemetry } from './in-memory-telemetry.ts'
import { spanTree } from './span-tree.ts'

let telemetry: InMemoryTelemetry
beforeEach(() => (telemetry = new InMemoryTelemetry()))
afterEach(() => telemetry.unregister())

test('a tool that throws is an error span of its own, and what it throws comes out', async () => {
  const error = Object.assign(new Error('no such file /secret'), { code: 'ENOENT' })
  const readFile = instrumentTool(
    () => {
      throw error
    },
    { name: 'read_file', errorMessages: false },
  )
  expect(() => readFile()).toThrow(error)
  expect(spanTree(telemetry)).toMatchInlineSnapshot(`
    [
      {
        "attributes": {
          "error.type": "ENOENT",
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": "read_file",
        },
        "children": [],
        "name": "execute_tool read_file",
        "status": [
          "ERROR",
          undefined,
        ],
      },
    ]
  `)
})
