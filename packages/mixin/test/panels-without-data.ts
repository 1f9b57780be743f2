/** Panels that show nothing in the filled stack of the tests, with the reason; docs/dashboards.md has the same list. */
export const panelsWithoutData: Readonly<Record<string, string>> = {
  'Agent detail: Are the answers worse than last week?': 'there are no scores of the days before',
  'Cost and capacity: How long has the oldest task waited?': 'no worker has a queue in PostgreSQL there',
  'Cost and capacity: How many tasks wait, and how many run?': 'no worker has a queue in PostgreSQL there',
  'Pipeline: How long until acknowledged?': 'no one acknowledges an alert there',
  'Pipeline: Which bridges miss their database?': 'the bridge has a file there',
  'Pipeline: How large is their database?': 'the bridge has a file there',
  'Pipeline: How late is their database?': 'the bridge has a file there',
}
