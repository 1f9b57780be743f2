import { createOpenAI } from '@ai-sdk/openai'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { instrumentAgent } from '@swarmwatch/sdk'
import * as ai from 'ai'
import { z } from 'zod'

export const modules = { ai, createOpenAI, mcp: { Client, InMemoryTransport, McpServer }, z, instrumentAgent }
