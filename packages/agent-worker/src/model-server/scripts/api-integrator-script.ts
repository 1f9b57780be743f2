import { outputOf, type Script } from '../script.ts'
import { taskOf } from './task-of.ts'

/** Reads the requirement, writes a client for its endpoints, then describes the client at some length. */
export const apiIntegratorScript: Script = (conversation) => {
  const { item, folder } = taskOf(conversation)
  const requirement = outputOf(conversation, 'get_requirement')
  if (!requirement) return { tool: 'get_requirement', input: { item } }

  const endpoints = Array.isArray(requirement['endpoints']) ? requirement['endpoints'].map(String) : []
  const path = `${folder}/client.ts`
  if (!outputOf(conversation, 'write_file')) return { tool: 'write_file', input: { path, content: clientText(item, endpoints) } }
  return {
    text: [
      `${path} is a typed client for ${item}.`,
      `It covers ${endpoints.length} endpoints: ${endpoints.join(', ')}.`,
      'Each function takes the base address and an abort signal, and rejects when the server answers with an error.',
    ].join(' '),
  }
}

function clientText(item: string, endpoints: readonly string[]): string {
  const functions = endpoints.map((endpoint) => {
    const [method = 'GET', path = '/'] = endpoint.split(' ')
    return `export async function ${functionName(method, path)}(base: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(base + '${path}', { method: '${method}', signal })
  if (!response.ok) throw new Error('${method} ${path} answered ' + response.status)
  return response.json()
}
`
  })
  return [`/** Client for ${item}. */\n`, ...functions].join('\n')
}

// "GET /orders/latest" becomes getOrdersLatest
function functionName(method: string, path: string): string {
  const words = path.match(/[a-z0-9]+/gi) ?? []
  return method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
}
