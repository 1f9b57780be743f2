// One run with two model calls and two tool calls, with frameworks however they were loaded
module.exports = async function ask({
  ai: { generateText, isStepCount, tool },
  createOpenAI,
  mcp: { Client, InMemoryTransport, McpServer },
  z,
  instrumentAgent,
  instrumentMcpClient = (client) => client,
}) {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  const server = new McpServer({ name: 'weather', version: '1.0.0' })
  server.registerTool('forecast', { inputSchema: { place: z.string() } }, () => ({ content: [{ type: 'text', text: 'sunny' }] }))
  await server.connect(serverSide)
  const client = instrumentMcpClient(new Client({ name: 'asker', version: '1.0.0' }))
  await client.connect(clientSide)
  const look = tool({
    description: 'Returns the weather of a place.',
    inputSchema: z.object({ place: z.string() }),
    execute: ({ place }) => client.callTool({ name: 'forecast', arguments: { place } }),
  })
  const model = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: 'key-marker' }).chat('gpt-4.1')
  const asker = instrumentAgent(
    async () => (await generateText({ model, prompt: 'Bern?', tools: { look }, stopWhen: isStepCount(3) })).text,
    { name: 'asker', logger: false },
  )
  console.log(await asker())
}
