import { instrumentAgent } from '@swarmwatch/sdk'
import { generateText } from 'ai'

import { type AgentDependencies, type AgentTask, checkFinished, instrumentOptions, modelCall, promptFor } from './agent.ts'

const instructions = [
  'You are reviewer, an agent that reviews code.',
  "List the files of the item's folder, read each of them except REVIEW.md, write your review to REVIEW.md in that folder,",
  'post your verdict with post_review, then repeat the verdict in one sentence.',
].join(' ')

/** Creates an agent that reads an item's files, writes `REVIEW.md` next to them, posts its verdict and returns the model's last message. */
export function createReviewer(dependencies: AgentDependencies): (task: AgentTask) => Promise<string> {
  const { list_files, read_file, write_file, post_review } = dependencies.tools
  async function review(task: AgentTask): Promise<string> {
    const result = await generateText({
      ...modelCall(dependencies),
      instructions,
      prompt: promptFor(task, 'review'),
      tools: { list_files, read_file, write_file, post_review },
    })
    await checkFinished(result.finishReason, dependencies.workspace, `${task.folder}/REVIEW.md`)
    return result.text
  }
  return instrumentAgent(review, {
    name: 'reviewer',
    description: 'Reads the files of an item and writes a review.',
    ...instrumentOptions(dependencies),
  })
}
