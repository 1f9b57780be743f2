/** Responses of OpenAI that are computed in the background, and whose usage no poll has shown yet. */
const maxPending = 1000

const pending = new Set<string>()

/** Remembers a response that will be polled. */
export function rememberPending(responseId: string): void {
  pending.add(responseId)
  if (pending.size > maxPending) pending.delete(pending.values().next().value!)
}

/** Whether this process has asked for the response and not seen its usage. */
export function isPending(responseId: string): boolean {
  return pending.has(responseId)
}

/** Forgets a response whose usage was reported. */
export function forgetPending(responseId: string): void {
  pending.delete(responseId)
}

/** Whether a status of a response means that it has no usage yet. */
export function isUnfinished(status: unknown): boolean {
  return status === 'queued' || status === 'in_progress'
}
