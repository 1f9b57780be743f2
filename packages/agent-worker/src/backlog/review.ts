import { z } from 'zod'

/** The verdict on an item's files. */
export interface Review {
  verdict: 'approve' | 'request_changes'
  summary: string
}

type ReviewShape = { verdict: z.ZodEnum<{ approve: 'approve'; request_changes: 'request_changes' }>; summary: z.ZodString }

/** What the backlog service takes and the agents' tool sends. */
export const review: z.ZodObject<ReviewShape> = z.object({
  verdict: z.enum(['approve', 'request_changes']),
  summary: z.string().min(1).max(2000),
})
