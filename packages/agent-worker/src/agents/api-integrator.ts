import { currentExecution, instrumentAgent } from '@swarmwatch/sdk'
import { streamText } from 'ai'

import { type AgentKit, modelCall, sharedOptions } from './agent-kit.ts'
import { type AgentTask, promptFor } from './agent-task.ts'
import { checkFinished } from './check-finished.ts'

const instructions = [
  'You are api-integrator, an agent that writes API clients.',
  "Read the item with get_requirement, write a typed client for its endpoints to client.ts in the item's folder,",
  'then describe the client in two or three sentences.',
].join(' ')

/** An answer that is still being written. */
export interface Draft {
  /** The model's closing words, from the first one, as they come; throws what went wrong. Each call reads anew. */
  chunks(): AsyncIterable<string>
}

/**
 * An agent that reads a requirement, writes a client for it and streams its closing words. Its run lasts to the last chunk: that is
 * what `streamOf` is for. What goes wrong before the first chunk is tried again.
 */
export function createApiIntegrator(kit: AgentKit): (task: AgentTask) => Promise<Draft> {
  const { get_requirement, write_file } = kit.tools
  function integrate(task: AgentTask): Draft {
    const signal = currentExecution()?.signal
    const result = streamText({
      ...modelCall(kit),
      instructions,
      prompt: promptFor(task, 'integrate'),
      tools: { get_requirement, write_file },
      // The default prints the whole error, prompts included; we read it from the stream
      onError() {},
    })
    let checked: Promise<void> | undefined
    async function* chunks(): AsyncGenerator<string> {
      let finishReason: string | undefined
      // Each read of `stream` is a new branch; `textStream` would end silently on an error
      for await (const part of result.stream) {
        if (part.type === 'error') throw part.error
        if (part.type === 'abort') throw signal?.reason ?? new DOMException('the stream was aborted', 'AbortError')
        if (part.type === 'text-delta') yield part.text
        if (part.type === 'finish') finishReason = part.finishReason
      }
      // Once for all readers: the first to come to the end may be the one who then removes the files
      checked ??= checkFinished(finishReason, kit.workspace, `${task.folder}/client.ts`)
      await checked
    }
    return { chunks }
  }
  return instrumentAgent(integrate, {
    name: 'api-integrator',
    description: 'Reads a requirement and writes an API client.',
    streamOf: (draft: Draft) => draft.chunks(),
    ...sharedOptions(kit),
  })
}

/** Reads a draft to its end. */
export async function readDraft(draft: Draft): Promise<string> {
  let text = ''
  for await (const chunk of draft.chunks()) text += chunk
  return text
}
