import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const server = new McpServer({ name: 'weather', version: '1.0.0' })
server.registerTool('forecast', { inputSchema: { place: z.string() } }, ({ place }) => ({
  content: [{ type: 'text', text: `sunny in ${place}` }],
}))
await server.connect(new StdioServerTransport())
