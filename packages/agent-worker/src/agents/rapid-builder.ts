import { instrumentAgent } from '@swarmwatch/sdk'
import { generateText } from 'ai'

import { type AgentKit, modelCall, sharedOptions } from './agent-kit.ts'
import { type AgentTask, promptFor } from './agent-task.ts'
import { checkFinished } from './check-finished.ts'

/** The A/B test of this agent: every other task looks at the folder first. */
type BuilderVariant = 'direct' | 'look-first'

const instructions: Record<BuilderVariant, string> = {
  direct:
    "You are rapid-builder, an agent that builds small features. Write feature.ts and feature.test.ts into the item's folder, then say in one sentence what you built.",
  'look-first':
    "You are rapid-builder, an agent that builds small features. List the files first. Write feature.ts and feature.test.ts into the item's folder, then say in one sentence what you built.",
}

/** The variant of a task. */
function builderVariant({ number }: AgentTask): BuilderVariant {
  return number % 2 === 0 ? 'look-first' : 'direct'
}

/** An agent that writes a feature and its test into the item's folder and returns its closing words. */
export function createRapidBuilder(kit: AgentKit): (task: AgentTask) => Promise<string> {
  const { list_files, write_file } = kit.tools
  async function build(task: AgentTask): Promise<string> {
    const result = await generateText({
      ...modelCall(kit),
      instructions: instructions[builderVariant(task)],
      prompt: promptFor(task, 'build'),
      tools: { list_files, write_file },
    })
    await checkFinished(result.finishReason, kit.workspace, `${task.folder}/feature.ts`)
    return result.text
  }
  return instrumentAgent(build, {
    name: 'rapid-builder',
    description: 'Builds small features with a test.',
    variant: builderVariant,
    ...sharedOptions(kit),
  })
}
