import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed, with everything in it, when it is disposed of. */
export interface TemporaryFolder extends Disposable {
  readonly path: string
}

/** Makes an empty folder: `using folder = openTemporaryFolder()`. Its path contains no symbolic link. */
export function openTemporaryFolder(prefix = 'swarmwatch-'): TemporaryFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
