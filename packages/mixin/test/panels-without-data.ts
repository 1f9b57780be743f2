/**
 * Panels that show nothing after a run of the reference swarm, with the reason; docs/dashboards.md
 * has the same list.
 */
export const panelsWithoutData: Readonly<Record<string, string>> = {
  'Agent detail: Which tools fail?': 'no tool of the reference swarm fails: its faults are those of the model',
  'Cost and capacity: Which usage or price is missing?': 'the model of the reference swarm sends its usage and has a price',
}
