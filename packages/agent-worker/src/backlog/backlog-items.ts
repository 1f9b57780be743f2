/** Something to build: what the agents' tool `get_requirement` reads. */
export interface BacklogItem {
  readonly id: string
  readonly title: string
  /** Method and path of each endpoint that the item's service offers. */
  readonly endpoints: readonly string[]
  readonly acceptance: readonly string[]
}

/** The items of the reference backlog. */
export const backlogItems: readonly BacklogItem[] = [
  {
    id: 'B-1',
    title: 'Order history',
    endpoints: ['GET /orders', 'GET /orders/latest'],
    acceptance: ['The newest order comes first', 'An empty history is an empty list'],
  },
  {
    id: 'B-2',
    title: 'Password reset',
    endpoints: ['POST /password-resets', 'GET /password-resets/status'],
    acceptance: ['An unknown address gets the same answer as a known one', 'A link works once'],
  },
  {
    id: 'B-3',
    title: 'Invoice export',
    endpoints: ['POST /exports', 'GET /exports/latest', 'DELETE /exports/latest'],
    acceptance: ['Amounts keep their currency', 'A second export does not wait for the first'],
  },
  {
    id: 'B-4',
    title: 'Search suggestions',
    endpoints: ['GET /suggestions'],
    acceptance: ['At most eight suggestions', 'No suggestion for fewer than three letters'],
  },
]

/** The item of this id, if there is one. */
export function findItem(id: string): BacklogItem | undefined {
  return backlogItems.find((item) => item.id === id)
}
