/** The agent that the tests speak of. */
export const writer = {
  job: 'workers',
  deployment_environment_name: 'production',
  cloud_region: 'eu-1',
  agent_name: 'writer',
} as const

export const fleet = { deployment_environment_name: 'production', cloud_region: 'eu-1' } as const

/** `{a="...", b="..."}` */
export function matchers(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return `{${pairs.join(', ')}}`
}

/** Runs of an agent by outcome; every outcome is there from the start, as the SDK writes it. */
export function executions(
  outcomes: Partial<Record<'success' | 'failure' | 'cancelled', string>>,
  agent: Readonly<Record<string, string>> = writer,
): Record<string, string> {
  const all = { success: '0x400', failure: '0x400', cancelled: '0x400', ...outcomes }
  return Object.fromEntries(
    Object.entries(all).map(([outcome, values]) => [`agent_executions_total${matchers({ ...agent, outcome })}`, values]),
  )
}

/** Durations of successful runs that all take as long: `counts` of them, in the bucket that ends at `le`. */
export function durations(
  le: number,
  counts: string,
  sums: string,
  agent: Readonly<Record<string, string>> = writer,
): Record<string, string> {
  const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
  const of = (name: string, more: Record<string, string> = {}): string =>
    `agent_execution_duration_seconds_${name}${matchers({ ...agent, outcome: 'success', ...more })}`
  return {
    ...Object.fromEntries(bounds.map((bound) => [of('bucket', { le: String(bound) }), bound < le ? '0x400' : counts])),
    [of('bucket', { le: '+Inf' })]: counts,
    [of('count')]: counts,
    [of('sum')]: sums,
  }
}
