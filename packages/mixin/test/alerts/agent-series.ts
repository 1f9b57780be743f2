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
  return counted('agent_executions_total', outcomes, agent)
}

/** The process of the agent that the tests are about. */
const { agent_name: _, ...process } = writer

/** Root executions of a process, by outcome: those that no other execution contains. */
export function rootExecutions(
  outcomes: Partial<Record<'success' | 'failure' | 'cancelled', string>>,
  of: Readonly<Record<string, string>> = process,
): Record<string, string> {
  return counted('swarm_executions_total', outcomes, of)
}

function counted(name: string, outcomes: object, labels: Readonly<Record<string, string>>): Record<string, string> {
  const all = { success: '0x400', failure: '0x400', cancelled: '0x400', ...outcomes }
  return Object.fromEntries(
    Object.entries(all).map(([outcome, values]) => [`${name}${matchers({ ...labels, outcome })}`, values]),
  )
}

/**
 * Durations of successful runs that all take as long: `counts` of them, in the bucket that ends at
 * `le`.
 */
export function durations(
  le: number,
  counts: string,
  sums: string,
  agent: Readonly<Record<string, string>> = writer,
  histogram = 'agent_execution_duration_seconds',
): Record<string, string> {
  const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
  const of = (name: string, more: Record<string, string> = {}): string =>
    `${histogram}_${name}${matchers({ ...agent, outcome: 'success', ...more })}`
  return {
    ...Object.fromEntries(bounds.map((bound) => [of('bucket', { le: String(bound) }), bound < le ? '0x400' : counts])),
    [of('bucket', { le: '+Inf' })]: counts,
    [of('count')]: counts,
    [of('sum')]: sums,
  }
}

/** Values of a counter, as promtool writes them: in each segment, every value is larger than the one before by `by`. */
export function counter(...segments: readonly (readonly [values: number, by: number])[]): string {
  let total = 0
  return segments
    .map(([values, by]) => {
      const segment = `${total + by}+${by}x${values - 1}`
      total += values * by
      return segment
    })
    .join(' ')
}
