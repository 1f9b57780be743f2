import { instrumentTool } from '@swarmwatch/sdk'
import { type Tool, tool } from 'ai'
import { z } from 'zod'

import type { Workspace } from './workspace.ts'

const path = z.string().describe('relative to the workspace, such as b-1/client.ts')

/** The tools that work on files. */
export interface FileTools {
  readonly list_files: Tool<{ folder: string }, { files: string[] }>
  readonly read_file: Tool<{ path: string }, { path: string; content: string }>
  readonly write_file: Tool<{ path: string; content: string }, { path: string; bytes: number }>
}

/** Tools that list, read and write real files inside one workspace; each call is a span and counts to the run that makes it. */
export function fileTools(workspace: Workspace): FileTools {
  const listFiles = instrumentTool(async ({ folder }: { folder: string }) => ({ files: await workspace.list(folder) }), {
    name: 'list_files',
  })
  const readFile = instrumentTool(
    async (input: { path: string }) => ({ path: input.path, content: await workspace.read(input.path) }),
    { name: 'read_file' },
  )
  const writeFile = instrumentTool(
    async (input: { path: string; content: string }) => ({
      path: input.path,
      bytes: await workspace.write(input.path, input.content),
    }),
    { name: 'write_file' },
  )
  return {
    list_files: tool({
      description: 'Lists the files of a folder and of the folders below it.',
      inputSchema: z.object({ folder: z.string().describe('such as b-1') }),
      execute: (input) => listFiles(input),
    }),
    read_file: tool({ description: 'Reads a text file.', inputSchema: z.object({ path }), execute: (input) => readFile(input) }),
    write_file: tool({
      description: 'Writes a text file; an existing one is replaced.',
      inputSchema: z.object({ path, content: z.string() }),
      execute: (input) => writeFile(input),
    }),
  }
}
