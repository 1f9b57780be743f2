/**
 * Panels that show nothing after a run of the reference swarm, with the reason; docs/dashboards.md
 * has the same list.
 */
export const panelsWithoutData: Readonly<Record<string, string>> = {
  'Agent detail: Which tools fail?': 'no tool of the reference swarm fails: its faults are those of the model',
  'Agent detail: How much of the day is used?': 'the reference swarm has no daily budget',
  'Agent detail: Which budgets end runs?': 'the reference swarm has no budget',
  'Agent detail: Which results are reused?': 'no tool of the reference swarm runs only once',
  'Agent detail: Which effects are uncertain?': 'no tool of the reference swarm runs only once',
  'Agent detail: How good are the answers?': 'the answers of the reference swarm have no scores',
  'Agent detail: Are the answers worse than last week?': 'the answers of the reference swarm have no scores',
  'Agent detail: How many answers are scored?': 'the answers of the reference swarm have no scores',
  'Cost and capacity: Which agents use up their day?': 'the reference swarm has no daily budget',
  'Cost and capacity: Are the shares right?': 'the variants of the reference swarm have no expected shares',
  'Cost and capacity: Which usage or price is missing?': 'the model of the reference swarm sends its usage and has a price',
}
