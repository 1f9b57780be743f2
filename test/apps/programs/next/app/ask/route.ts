import { createOpenAI } from '@ai-sdk/openai'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { instrumentMcpClient } from '@swarmwatch/instrumentation'
import { instrumentAgent } from '@swarmwatch/sdk'
import { generateText, isStepCount, tool } from 'ai'
import { z } from 'zod'

export const dynamic = 'force-dynamic'

async function connected(): Promise<Client> {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  const server = new McpServer({ name: 'weather', version: '1.0.0' })
  const inputSchema = { place: z.string() }
  server.registerTool('forecast', { inputSchema }, () => ({ content: [{ type: 'text', text: 'sunny' }] }))
  await server.connect(serverSide)
  const client = new Client({ name: 'asker', version: '1.0.0' })
  await client.connect(clientSide)
  return instrumentMcpClient(client)
}

const ask = instrumentAgent(
  async (client: Client) => {
    const look = tool({
      description: 'Returns the weather of a place.',
      inputSchema: z.object({ place: z.string() }),
      execute: ({ place }) => client.callTool({ name: 'forecast', arguments: { place } }),
    })
    const model = createOpenAI({ baseURL: process.env['OPENAI_BASE_URL'], apiKey: 'key-marker' }).chat('gpt-4.1')
    const { text } = await generateText({ model, prompt: 'Bern?', tools: { look }, stopWhen: isStepCount(3) })
    return text
  },
  { name: 'asker', logger: false },
)

export async function GET(): Promise<Response> {
  return new Response(await ask(await connected()))
}
