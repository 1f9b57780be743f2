import { trace } from '@opentelemetry/api'
import type { RecordedSpan, TestTelemetry } from '@swarmwatch/testing'

import { currentExecution } from '../src/index.ts'

/** Where the calling code is: the running agent, its attempt, the active span. */
export function here(): string {
  const execution = currentExecution()
  const span = trace.getActiveSpan() as unknown as RecordedSpan | undefined
  return `${execution?.agentName} ${execution?.attempt}, ${span?.name}`
}

/**
 * The outcome of the only run so far, from root span, attempt spans and counters together, such as `success first_try, attempts: unset`;
 * `open` while nothing of it has ended.
 */
export async function outcomeOf(telemetry: TestTelemetry): Promise<string> {
  const spans = telemetry.spans()
  const roots = spans.filter((span) => span.name.startsWith('invoke_agent'))
  const attempts = spans.filter((span) => span.name.startsWith('attempt'))
  const counted = (await telemetry.points('agent.executions')).filter(({ value }) => value !== 0)
  const active = (await telemetry.points('active_executions')).reduce((sum, { value }) => sum + Number(value), 0)
  if (roots.length === 0 && counted.length === 0 && active === 1) return 'open'
  const [root] = roots
  if (!root || roots.length !== 1 || counted.length !== 1 || counted[0]?.value !== 1 || active !== 0) {
    return `torn: ${roots.length} root spans, ${JSON.stringify(counted)} counted, ${active} active`
  }
  const kind = (span: RecordedSpan): string => (span.status.code === 2 ? String(span.attributes['error.type']) : 'unset')
  const outcome = `${String(counted[0].attributes['outcome'])} ${String(root.attributes['swarmwatch.retry.outcome'])}`
  return `${outcome} (${kind(root)}), attempts: ${attempts.map(kind).join(' ')}`
}
