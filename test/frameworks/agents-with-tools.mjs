// Agents with the tools of a test, for the sources that report tools. Plain JavaScript: the frameworks are not there when types are checked

import { createOpenAI } from '@ai-sdk/openai'
import { HumanMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, tool as agentsTool } from '@openai/agents'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { generateText as generateText6, stepCountIs, streamText as streamText6, tool as tool6 } from 'ai-6'
import { createOpenAI as createOpenAI6 } from 'ai-sdk-openai-6'
import { createAgent, tool as langchainTool } from 'langchain'
import OpenAI from 'openai'
import { z } from 'zod'

export { trace } from '@opentelemetry/api'

const question = 'What is the weather in Bern?'
const description = 'Returns the weather of a place.'
const parameters = z.object({ place: z.string() })

async function readAll(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

const mapTools = (tools, wrap) => Object.fromEntries(Object.entries(tools).map(([name, execute]) => [name, wrap(name, execute)]))

async function ai({ provider, tools, isStream, telemetry, signal }) {
  const options = {
    model: createOpenAI({ baseURL: provider.openaiUrl, apiKey: 'key-marker' }).chat('m'),
    prompt: question,
    tools: mapTools(tools, (_, execute) => tool({ description, inputSchema: parameters, execute })),
    stopWhen: isStepCount(5),
    telemetry,
    abortSignal: signal,
    onError() {},
  }
  return isStream ? readAll(streamText(options).textStream) : (await generateText(options)).text
}

async function ai6({ provider, tools, isStream }) {
  const options = {
    model: createOpenAI6({ baseURL: provider.openaiUrl, apiKey: 'key-marker' }).chat('m'),
    prompt: question,
    tools: mapTools(tools, (_, execute) => tool6({ description, inputSchema: parameters, execute })),
    stopWhen: stepCountIs(5),
  }
  return isStream ? readAll(streamText6(options).textStream) : (await generateText6(options)).text
}

const agents =
  (Model) =>
  async ({ provider, tools, isStream, conversation, runner = {} }) => {
    const agent = new Agent({
      name: 'a',
      instructions: 'Answer in one sentence.',
      model: new Model(new OpenAI({ baseURL: provider.openaiUrl, apiKey: 'key-marker' }), 'm'),
      tools: Object.entries(tools).map(([name, execute]) => agentsTool({ name, description, parameters, execute })),
    })
    const run = new Runner({ groupId: conversation, ...runner })
    if (!isStream) return (await run.run(agent, question)).finalOutput
    const result = await run.run(agent, question, { stream: true })
    const text = await readAll(result.toTextStream())
    await result.completed
    return text
  }

const langgraph =
  (useResponsesApi) =>
  async ({ provider, tools, isStream, conversation, callbacks, signal }) => {
    const graph = createAgent({
      model: new ChatOpenAI({
        model: 'm',
        apiKey: 'key-marker',
        maxRetries: 0,
        streamUsage: true,
        useResponsesApi,
        configuration: { baseURL: provider.openaiUrl },
      }),
      tools: Object.entries(tools).map(([name, execute]) => langchainTool(execute, { name, description, schema: parameters })),
    })
    const input = { messages: [new HumanMessage(question)] }
    const config = { callbacks, signal, ...(conversation && { configurable: { thread_id: conversation } }) }
    if (!isStream) return (await graph.invoke(input, config)).messages.at(-1).text
    let text = ''
    for await (const [message] of await graph.stream(input, { ...config, streamMode: 'messages' })) {
      if (message.getType() === 'ai') text += message.text
    }
    return text
  }

/** Agents by framework, called with `{ provider, tools, isStream, conversation, ... }`; each resolves with the text of the answer. */
export const agentsWithTools = {
  ai,
  'ai 6': ai6,
  'openai agents': agents(OpenAIChatCompletionsModel),
  'openai agents, responses': agents(OpenAIResponsesModel),
  langgraph: langgraph(false),
  'langgraph, responses': langgraph(true),
}
