import { instrumentAgent } from '@swarmwatch/sdk'
import { generateText } from 'ai'

import { type AgentKit, modelCall, sharedOptions } from './agent-kit.ts'
import { type AgentTask, promptFor } from './agent-task.ts'
import { checkFinished } from './check-finished.ts'

const instructions = [
  'You are reviewer, an agent that reviews code.',
  "List the files of the item's folder, read each of them except REVIEW.md, write your review to REVIEW.md in that folder,",
  'post your verdict with post_review, then repeat the verdict in one sentence.',
].join(' ')

/** An agent that reads an item's files, writes `REVIEW.md` beside them, posts its verdict and returns its closing words. */
export function createReviewer(kit: AgentKit): (task: AgentTask) => Promise<string> {
  const { list_files, read_file, write_file, post_review } = kit.tools
  async function review(task: AgentTask): Promise<string> {
    const result = await generateText({
      ...modelCall(kit),
      instructions,
      prompt: promptFor(task, 'review'),
      tools: { list_files, read_file, write_file, post_review },
    })
    await checkFinished(result.finishReason, kit.workspace, `${task.folder}/REVIEW.md`)
    return result.text
  }
  return instrumentAgent(review, {
    name: 'reviewer',
    description: 'Reads the files of an item and writes a review.',
    ...sharedOptions(kit),
  })
}
