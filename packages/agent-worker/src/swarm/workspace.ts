import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'

import { instrumentTool } from '@swarmwatch/sdk'
import { type Tool, tool } from 'ai'
import { z } from 'zod'

const maxPathLength = 200
const maxFileBytes = 100_000
const maxFilesListed = 100

/** A path that the tools must not use. The message does not repeat the path, because a model wrote it. */
export class PathRefusedError extends Error {
  override readonly name = 'PathRefusedError'
}

/** The only folder in which the agents' tools may read and write. */
export interface Workspace {
  /** Real, absolute path of the folder. */
  readonly root: string
  /** Reads a text file of at most 100,000 bytes. */
  readonly read: (path: string) => Promise<string>
  /** Writes a whole text file and creates its folders. Readers see the old text or the new text, never a part. Returns the size in bytes. */
  readonly write: (path: string, text: string) => Promise<number>
  /** Returns the files in `folder` and its subfolders, sorted, at most 100; an empty list if there is no such folder. */
  readonly list: (folder: string) => Promise<string[]>
  /** Returns true if the file exists; false for anything else, also for a refused path. */
  readonly has: (path: string) => Promise<boolean>
  /** Removes a folder inside the workspace and its content. Does nothing if there is no such folder. */
  readonly clear: (folder: string) => Promise<void>
  /** Removes the workspace and its content. */
  readonly remove: () => Promise<void>
}

/** Creates a new temporary folder. Every path is relative to it; paths that lead out of it, also through a link, are refused. */
export async function openWorkspace(parent: string = tmpdir()): Promise<Workspace> {
  const root = await realpath(await mkdtemp(join(parent, 'swarmwatch-')))
  const locate = (path: string): Promise<string> => locateIn(root, path)
  let writes = 0
  const workspace: Workspace = {
    root,
    async read(path) {
      const file = await locate(path)
      if ((await stat(file)).size > maxFileBytes) throw new RangeError(`the file is larger than ${maxFileBytes} bytes`)
      return readFile(file, 'utf8')
    },
    async write(path, text) {
      const bytes = Buffer.byteLength(text)
      if (bytes > maxFileBytes) throw new RangeError(`the text is larger than ${maxFileBytes} bytes`)
      const file = await locate(path)
      await mkdir(dirname(file), { recursive: true })
      writes += 1
      const draft = `${file}.${writes}.draft`
      await writeFile(draft, text)
      await rename(draft, file)
      return bytes
    },
    async list(folder) {
      const entries = await readdir(await locate(folder), { recursive: true, withFileTypes: true }).catch(emptyIfMissing)
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.draft'))
      const paths = files.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      return paths.sort().slice(0, maxFilesListed)
    },
    has: (path) =>
      locate(path)
        .then(stat)
        .then((found) => found.isFile())
        .catch(() => false),
    clear: async (folder) => rm(await locate(folder), { recursive: true, force: true }),
    remove: () => rm(root, { recursive: true, force: true }),
  }
  return {
    ...workspace,
    read: (path) => workspace.read(path).catch(withoutPath),
    write: (path, text) => workspace.write(path, text).catch(withoutPath),
    list: (folder) => workspace.list(folder).catch(withoutPath),
  }
}

/** Tools that work on files. */
export interface FileTools {
  readonly list_files: Tool<{ folder: string }, { files: string[] }>
  readonly read_file: Tool<{ path: string }, { path: string; content: string }>
  readonly write_file: Tool<{ path: string; content: string }, { path: string; bytes: number }>
}

/** Creates tools that list, read and write real files inside one workspace. Each call is a span and counts for the run that makes it. */
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
      description: 'Lists the files of a folder and of its subfolders.',
      inputSchema: z.object({ folder: z.string().describe('such as b-1') }),
      execute: (input) => listFiles(input),
    }),
    read_file: tool({
      description: 'Reads a text file.',
      inputSchema: z.object({ path: pathInput }),
      execute: (input) => readFile(input),
    }),
    write_file: tool({
      description: 'Writes a text file and replaces an existing one.',
      inputSchema: z.object({ path: pathInput, content: z.string() }),
      execute: (input) => writeFile(input),
    }),
  }
}

const pathInput = z.string().describe('relative to the workspace, such as b-1/client.ts')

/** Node's messages quote the path. A model wrote that path, and spans show messages. */
function withoutPath(error: NodeJS.ErrnoException): never {
  if (error.syscall === undefined) throw error
  throw Object.assign(new Error(`the file system refused: ${error.code}`), { code: error.code })
}

async function locateIn(root: string, path: string): Promise<string> {
  const parts = path.split(/[/\\]/)
  if (path.length === 0 || path.length > maxPathLength) throw new PathRefusedError(`a path has 1 to ${maxPathLength} characters`)
  // A leading "/" makes an empty first part; "C:" is a drive on Windows
  if (parts[0] === '' || path.includes('\0') || path.includes(':'))
    throw new PathRefusedError('a path is relative to the workspace')
  if (parts.includes('..')) throw new PathRefusedError('a path stays inside the workspace')
  const target = join(root, ...parts)
  const real = await realpathOfExisting(target)
  if (real !== root && !real.startsWith(root + sep)) throw new PathRefusedError('a path stays inside the workspace')
  return target
}

/** Returns the real path of the target, or of the nearest parent folder that exists. */
async function realpathOfExisting(target: string): Promise<string> {
  try {
    return await realpath(target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return realpathOfExisting(dirname(target))
  }
}

function emptyIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return []
  throw error
}
