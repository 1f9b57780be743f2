import type { Conversation } from '../conversation.ts'

/** What the task's words name: the item of the backlog and its folder. */
export interface ScriptedTask {
  readonly item: string
  readonly folder: string
}

/** Finds the item ("item B-2") and, at the end, the folder ("folder b-2.") in the first message of the user. */
export function taskOf({ task }: Conversation): ScriptedTask {
  return {
    item: /\bitem ([A-Z]+-\d+)/.exec(task)?.[1] ?? 'B-1',
    folder: /\bfolder ([a-z]+-\d+)\.$/.exec(task)?.[1] ?? 'b-1',
  }
}
