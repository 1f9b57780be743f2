import { tool } from '@langchain/core/tools'
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { instrumentAgent, onExecution } from '@swarmwatch/sdk'
import { z } from 'zod'

const weather = tool(async ({ place }) => `sunny in ${place}`, {
  name: 'weather',
  description: 'Returns the weather of a place.',
  schema: z.object({ place: z.string() }),
})
// Swarmwatch retries the run: retries of the client would multiply
const model = new ChatOpenAI({ model: 'gpt-5-mini', maxRetries: 0 }).bindTools([weather])

const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
  .addNode('tools', new ToolNode([weather]))
  .addEdge(START, 'model')
  .addConditionalEdges('model', toolsCondition, ['tools', END])
  .addEdge('tools', 'model')
  .compile()

const reporter = instrumentAgent(
  async (question: string) => {
    const { messages } = await graph.invoke({ messages: [{ role: 'user', content: question }] })
    return messages.at(-1)?.text
  },
  { name: 'reporter', recovery: { baseDelaySeconds: 0.1 } },
)

onExecution(({ type, execution }) => {
  if (type !== 'finished') return
  const { attempts, modelCalls, toolCalls, inputTokens, outputTokens, costUsd } = execution
  console.log({ attempts: attempts.length, modelCalls, toolCalls, inputTokens, outputTokens, costUsd })
})

console.log(await reporter('What is the weather in Bern?'))
