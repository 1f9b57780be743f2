import { currentExecution, instrumentTool } from '@swarmwatch/sdk'
import { type Tool, tool } from 'ai'
import { z } from 'zod'

import { type Review, review } from './backlog.ts'

/** An error response of the backlog service. */
class BacklogError extends Error {
  override readonly name = 'BacklogError'
  /** The HTTP status. */
  readonly status: number

  constructor(status: number) {
    super(`the backlog service answered ${status}`)
    this.status = status
  }
}

type JsonObject = Record<string, unknown>

/** Tools that call the backlog service. */
export interface BacklogTools {
  readonly get_requirement: Tool<{ item: string }, JsonObject>
  readonly post_review: Tool<Review & { item: string }, JsonObject>
}

/** Creates tools that call the backlog service over HTTP. Aborting the run ends the call. */
export function backlogTools(baseUrl: string): BacklogTools {
  const getRequirement = instrumentTool(({ item }: { item: string }) => call('GET', itemUrl(baseUrl, item)), {
    name: 'get_requirement',
  })
  const postReview = instrumentTool(
    ({ item, ...body }: Review & { item: string }) => call('POST', `${itemUrl(baseUrl, item)}/reviews`, body),
    // A second verdict would be a duplicate
    { name: 'post_review', once: true },
  )
  const item = z.string().describe('id of a backlog item, such as B-1')
  return {
    get_requirement: tool({
      description: 'Reads the title, the endpoints and the acceptance criteria of a backlog item.',
      inputSchema: z.object({ item }),
      execute: (input) => getRequirement(input),
    }),
    post_review: tool({
      description: 'Posts the verdict on an item to the backlog.',
      inputSchema: review.extend({ item }),
      execute: (input) => postReview(input),
    }),
  }
}

const itemUrl = (baseUrl: string, item: string): string => `${baseUrl}/items/${encodeURIComponent(item)}`

async function call(method: string, url: string, body?: unknown): Promise<JsonObject> {
  const signal = currentExecution()?.signal
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    ...(signal && { signal }),
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new BacklogError(response.status)
  }
  return (await response.json()) as JsonObject
}
