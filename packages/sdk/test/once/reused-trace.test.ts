import { readFileSync } from 'node:fs'

import { startTestTelemetry, type RecordedSpan } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { instrumentAgent, instrumentTool } from '../../src/index.ts'
import { attribute } from '../../src/names.ts'

const page = readFileSync(new URL('../../../../docs/safe-recovery.md', import.meta.url), 'utf8')

/** Attributes that the page shows; ids and times differ in every run. */
const shownAttributes: readonly string[] = [
  attribute.errorType,
  attribute.attemptCount,
  attribute.retryOutcome,
  attribute.retryWait,
  attribute.toolCalls,
  attribute.toolReused,
]

// A wait is a little longer than 5 s
const textOf = (value: unknown): string => String(typeof value === 'number' ? Math.round(value) : value)

/** The spans of a trace as an indented text. */
function drawTrace(spans: readonly RecordedSpan[]): string {
  const lineOf = ({ name, attributes }: RecordedSpan, depth: number): string => {
    const shown = shownAttributes.flatMap((key) => (key in attributes ? [`${key}=${textOf(attributes[key])}`] : []))
    return `${`${'  '.repeat(depth)}${name}`.padEnd(shown.length > 0 ? 32 : 0)}${shown.join(' ')}`
  }
  const below = (parentId: string | undefined, depth: number): string[] =>
    spans
      .filter((span) => span.parentSpanContext?.spanId === parentId)
      .toSorted((one, other) => one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1])
      .flatMap((span) => [lineOf(span, depth), ...below(span.spanContext().spanId, depth + 1)])
  return below(undefined, 0).join('\n')
}

test('the trace of a run with a reused tool result is as docs/safe-recovery.md shows it', async () => {
  await using telemetry = await startTestTelemetry()
  let mails = 0
  const charge = instrumentTool(async (amount: number) => `charged ${amount}`, { name: 'charge_card', once: true })
  const mail = instrumentTool(
    async () => {
      mails += 1
      if (mails === 1) throw Object.assign(new Error('mail server busy'), { status: 503 })
      return 'sent'
    },
    { name: 'send_receipt', once: true },
  )
  const order = instrumentAgent(
    async () => {
      await charge(25)
      return mail()
    },
    { name: 'order-agent', logger: false },
  )
  expect(await order()).toBe('sent')
  expect(page).toContain(`\`\`\`\n${drawTrace(telemetry.spans())}\n\`\`\``)
  expect(await telemetry.sum('agent.tool.reused', { [attribute.toolName]: 'charge_card' })).toBe(1)
})
