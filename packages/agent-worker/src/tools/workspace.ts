import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'

const longestPath = 200
const largestFileBytes = 100_000
const mostFilesListed = 100

/** A path that a tool must not touch. The message does not repeat it: it came out of a model. */
export class PathRefusedError extends Error {
  override readonly name = 'PathRefusedError'
}

/** The one folder in which the agents' tools may read and write. */
export interface Workspace {
  /** Its real, absolute path. */
  readonly root: string
  /** Reads a text file of at most 100,000 bytes. */
  readonly read: (path: string) => Promise<string>
  /** Writes a whole text file, with its folders; readers see the old text or the new one, never a half. Returns its bytes. */
  readonly write: (path: string, text: string) => Promise<number>
  /** The files in `folder` and below, sorted, at most 100; none if there is no such folder. */
  readonly list: (folder: string) => Promise<string[]>
  /** True for a file that is there; false for all else, refused paths too. */
  readonly has: (path: string) => Promise<boolean>
  /** Removes a folder below with all that is in it; none there is fine. */
  readonly clear: (folder: string) => Promise<void>
  /** Removes the workspace and all that is in it. */
  readonly remove: () => Promise<void>
}

/** Makes a new temporary folder. Every path is relative to it; paths that lead out of it, also by a link, are refused. */
export async function openWorkspace(parent: string = tmpdir()): Promise<Workspace> {
  const root = await realpath(await mkdtemp(join(parent, 'swarmwatch-')))
  const locate = (path: string): Promise<string> => locateIn(root, path)
  let writes = 0
  const workspace: Workspace = {
    root,
    async read(path) {
      const file = await locate(path)
      if ((await stat(file)).size > largestFileBytes) throw new RangeError(`the file is larger than ${largestFileBytes} bytes`)
      return readFile(file, 'utf8')
    },
    async write(path, text) {
      const bytes = Buffer.byteLength(text)
      if (bytes > largestFileBytes) throw new RangeError(`the text is larger than ${largestFileBytes} bytes`)
      const file = await locate(path)
      await mkdir(dirname(file), { recursive: true })
      writes += 1
      const draft = `${file}.${writes}.draft`
      await writeFile(draft, text)
      await rename(draft, file)
      return bytes
    },
    async list(folder) {
      const entries = await readdir(await locate(folder), { recursive: true, withFileTypes: true }).catch(noneIfMissing)
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.draft'))
      const paths = files.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      return paths.sort().slice(0, mostFilesListed)
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

/** Node's messages quote the path: a model wrote it, and spans show messages. */
function withoutPath(error: NodeJS.ErrnoException): never {
  if (error.syscall === undefined) throw error
  throw Object.assign(new Error(`the file system refused: ${error.code}`), { code: error.code })
}

async function locateIn(root: string, path: string): Promise<string> {
  const parts = path.split(/[/\\]/)
  if (path.length === 0 || path.length > longestPath) throw new PathRefusedError(`a path has 1 to ${longestPath} characters`)
  // A leading "/" makes an empty first part; "C:" is a drive on Windows
  if (parts[0] === '' || path.includes('\0') || path.includes(':'))
    throw new PathRefusedError('a path is relative to the workspace')
  if (parts.includes('..')) throw new PathRefusedError('a path stays inside the workspace')
  const target = join(root, ...parts)
  const real = await realpathOfExisting(target)
  if (real !== root && !real.startsWith(root + sep)) throw new PathRefusedError('a path stays inside the workspace')
  return target
}

/** The real path of the target, or of the nearest folder above it that exists. */
async function realpathOfExisting(target: string): Promise<string> {
  try {
    return await realpath(target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return realpathOfExisting(dirname(target))
  }
}

function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return []
  throw error
}
