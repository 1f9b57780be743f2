import { tool } from '@langchain/core/tools'
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'

const weather = tool(({ place }) => `sunny in ${place}`, {
  name: 'weather',
  description: 'Returns the weather of a place.',
  schema: z.object({ place: z.string() }),
})
const model = new ChatOpenAI({ model: 'gpt-4.1-mini' }).bindTools([weather])
const graph = new StateGraph(MessagesAnnotation)
  .addNode('model', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
  .addNode('tools', new ToolNode([weather]))
  .addEdge(START, 'model')
  .addConditionalEdges('model', toolsCondition, ['tools', END])
  .addEdge('tools', 'model')
  .compile()

async function research(question) {
  const { messages } = await graph.invoke({ messages: [{ role: 'user', content: question }] })
  return messages.at(-1).text
}

console.log(await research('What is the weather in Bern?'))
