import type { Conversation } from './conversation.ts'

/** What the scripted model says next: words, or the call of one tool. */
export type Turn = { readonly text: string } | { readonly tool: string; readonly input: Record<string, unknown> }

/** Decides the next turn from the conversation so far; pure, so a repeated request gets the same answer. */
export type Script = (conversation: Conversation) => Turn

/** The output of the first successful call of `tool` (with these arguments); undefined as long as there is none. */
export function outputOf(
  { answers }: Conversation,
  tool: string,
  matches: (input: Record<string, unknown>) => boolean = () => true,
): Record<string, unknown> | undefined {
  return answers.find((answer) => answer.tool === tool && answer.output !== undefined && matches(answer.input))?.output
}
