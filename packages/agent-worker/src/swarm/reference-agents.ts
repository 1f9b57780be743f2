import { currentExecution, instrumentAgent } from '@swarmwatch/sdk'
import { generateText, streamText } from 'ai'

import { type AgentDependencies, type AgentTask, finish, instrumentOptions, modelCall, promptFor } from './agent.ts'

/** The three reference agents, in the order in which they work on an item. */
export const agentNames = ['rapid-builder', 'api-integrator', 'reviewer'] as const
/** Name of a reference agent. */
export type AgentName = (typeof agentNames)[number]

/** Each agent as a function that completes a task and returns the model's last message. */
export type ReferenceAgents = Readonly<Record<AgentName, (task: AgentTask) => Promise<string>>>

/** Creates the three reference agents, instrumented with the SDK. */
export function referenceAgents(dependencies: AgentDependencies): ReferenceAgents {
  const integrate = createApiIntegrator(dependencies)
  return {
    'rapid-builder': createRapidBuilder(dependencies),
    'api-integrator': async (task) => readDraft(await integrate(task)),
    reviewer: createReviewer(dependencies),
  }
}

/** The A/B test of this agent: every other task lists the folder first. */
type BuilderVariant = 'direct' | 'look-first'

const builderInstructions: Record<BuilderVariant, string> = {
  direct:
    "You are rapid-builder, an agent that builds small features. Write feature.ts and feature.test.ts into the item's folder, then describe in one sentence what you built.",
  'look-first':
    "You are rapid-builder, an agent that builds small features. List the files first. Write feature.ts and feature.test.ts into the item's folder, then describe in one sentence what you built.",
}

/** Creates an agent that writes a feature and its test into the item's folder and returns the model's last message. */
function createRapidBuilder(dependencies: AgentDependencies): (task: AgentTask) => Promise<string> {
  const { list_files, write_file } = dependencies.tools
  async function build(task: AgentTask): Promise<string> {
    const result = await generateText({
      ...modelCall(dependencies),
      instructions: builderInstructions[builderVariant(task)],
      prompt: promptFor(task, 'build'),
      tools: { list_files, write_file },
    })
    await finish(task, result.finishReason, dependencies.workspace, 'feature.ts')
    return result.text
  }
  return instrumentAgent(build, {
    name: 'rapid-builder',
    description: 'Builds small features with a test.',
    variant: builderVariant,
    ...instrumentOptions(dependencies),
  })
}

function builderVariant({ number }: AgentTask): BuilderVariant {
  return number % 2 === 0 ? 'look-first' : 'direct'
}

const integratorInstructions = [
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
      instructions: integratorInstructions,
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
      checked ??= finish(task, finishReason, dependencies.workspace, 'client.ts')
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

const reviewerInstructions = [
  'You are reviewer, an agent that reviews code.',
  "List the files of the item's folder, read each of them except REVIEW.md, write your review to REVIEW.md in that folder,",
  'post your verdict with post_review, then repeat the verdict in one sentence.',
].join(' ')

/** Creates an agent that reads an item's files, writes `REVIEW.md` next to them, posts its verdict and returns the model's last message. */
function createReviewer(dependencies: AgentDependencies): (task: AgentTask) => Promise<string> {
  const { list_files, read_file, write_file, post_review } = dependencies.tools
  async function review(task: AgentTask): Promise<string> {
    const result = await generateText({
      ...modelCall(dependencies),
      instructions: reviewerInstructions,
      prompt: promptFor(task, 'review'),
      tools: { list_files, read_file, write_file, post_review },
    })
    await finish(task, result.finishReason, dependencies.workspace, 'REVIEW.md')
    return result.text
  }
  return instrumentAgent(review, {
    name: 'reviewer',
    description: 'Reads the files of an item and writes a review.',
    ...instrumentOptions(dependencies),
  })
}
