import { instrumentAgent } from '@swarmwatch/sdk'
import { generateText } from 'ai'

import { type AgentDependencies, type AgentTask, checkFinished, instrumentOptions, modelCall, promptFor } from './agent.ts'

/** The A/B test of this agent: every other task lists the folder first. */
type BuilderVariant = 'direct' | 'look-first'

const instructions: Record<BuilderVariant, string> = {
  direct:
    "You are rapid-builder, an agent that builds small features. Write feature.ts and feature.test.ts into the item's folder, then describe in one sentence what you built.",
  'look-first':
    "You are rapid-builder, an agent that builds small features. List the files first. Write feature.ts and feature.test.ts into the item's folder, then describe in one sentence what you built.",
}

/** Creates an agent that writes a feature and its test into the item's folder and returns the model's last message. */
export function createRapidBuilder(dependencies: AgentDependencies): (task: AgentTask) => Promise<string> {
  const { list_files, write_file } = dependencies.tools
  async function build(task: AgentTask): Promise<string> {
    const result = await generateText({
      ...modelCall(dependencies),
      instructions: instructions[builderVariant(task)],
      prompt: promptFor(task, 'build'),
      tools: { list_files, write_file },
    })
    await checkFinished(result.finishReason, dependencies.workspace, `${task.folder}/feature.ts`)
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
