import { currentExecution, instrumentAgent } from '@swarmwatch/sdk'
import { streamText } from 'ai'

import { type AgentDependencies, type AgentTask, checkFinished, instrumentOptions, modelCall, promptFor } from './agent.ts'

const instructions = [
  'You are api-integrator, an agent that writes API clients.',
  "Read the item with get_requirement, write a typed client for its endpoints to client.ts in the item's folder,",
  'then describe the client in two or three sentences.',
].join(' ')

/** The model's last message while it is still being written. */
export interface Draft {
  /** The message in chunks, as they arrive; throws if the run fails. Each call starts at the first chunk. */
  chunks(): AsyncIterable<string>
}

/**
 * Creates an agent that reads a requirement, writes a client for it and streams the model's last message. The run lasts until the last
 * chunk, because `streamOf` names the stream. A failure before the first chunk is retried.
 */
export function createApiIntegrator(dependencies: AgentDependencies): (task: AgentTask) => Promise<Draft> {
  const { get_requirement, write_file } = dependencies.tools
  function integrate(task: AgentTask): Draft {
    const signal = currentExecution()?.signal
    const result = streamText({
      ...modelCall(dependencies),
      instructions,
      prompt: promptFor(task, 'integrate'),
      tools: { get_requirement, write_file },
      // The default prints the whole error, prompts included; we read the error from the stream
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
      // Checked once for all readers: the first reader that finishes may remove the files
      checked ??= checkFinished(finishReason, dependencies.workspace, `${task.folder}/client.ts`)
      await checked
    }
    return { chunks }
  }
  return instrumentAgent(integrate, {
    name: 'api-integrator',
    description: 'Reads a requirement and writes an API client.',
    streamOf: (draft: Draft) => draft.chunks(),
    ...instrumentOptions(dependencies),
  })
}

/** Reads a draft to its end and returns the whole message. */
export async function readDraft(draft: Draft): Promise<string> {
  let text = ''
  for await (const chunk of draft.chunks()) text += chunk
  return text
}
