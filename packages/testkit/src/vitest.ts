import { onTestFinished } from 'vitest'

import { openTemporaryFolder } from './temporary-folder.ts'

/** Returns the path of an empty folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = openTemporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  return folder.path
}
