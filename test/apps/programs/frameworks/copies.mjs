import * as ai from 'ai-copy'
import { Client } from 'mcp-copy/client/index.js'
import { InMemoryTransport } from 'mcp-copy/inMemory.js'
import { McpServer } from 'mcp-copy/server/mcp.js'

import ask from './ask.cjs'
import { modules } from './modules.mjs'

await Promise.all([ask(modules), ask({ ...modules, ai, mcp: { Client, InMemoryTransport, McpServer } })])
