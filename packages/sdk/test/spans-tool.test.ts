import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { instrumentTool } from '../src/index.ts'
import { spanTree } from './span-tree.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

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
          "gen_ai.tool.type": "function",
        },
        "children": [],
        "events": [
          [
            "exception",
            [
              "exception.type",
              "exception.stacktrace",
            ],
          ],
        ],
        "name": "execute_tool read_file",
        "status": [
          "ERROR",
          undefined,
        ],
      },
    ]
  `)
})
