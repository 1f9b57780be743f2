import type { Workspace } from '../tools/workspace.ts'

/** The model stopped before the work was done: out of steps, cut off, or without writing what was asked for. Worth another attempt. */
class UnfinishedTaskError extends Error {
  override readonly name = 'UnfinishedTaskError'
}

/** Throws {@link UnfinishedTaskError} unless the model came to an end of its own and wrote `file`. */
export async function checkFinished(finishReason: string | undefined, workspace: Workspace, file: string): Promise<void> {
  if (finishReason !== 'stop') throw new UnfinishedTaskError(`the model stopped early (${finishReason ?? 'no reason given'})`)
  if (!(await workspace.has(file))) throw new UnfinishedTaskError('the model finished without writing its file')
}
