import { contextCases } from './context-cases.ts'
import { hookCases } from './hook-cases.ts'
import { httpCases } from './http-cases.ts'
import type { HostileCase, IsolationCase } from './isolation-case.ts'
import { metricCases } from './metric-cases.ts'
import { spanCases } from './span-cases.ts'
import { errorCases, valueCases } from './value-cases.ts'

/** Every case, with the function that prepares it. */
const hostileCases: readonly HostileCase[] = [
  { name: 'telemetry that works', surface: 'none', prepare: () => ({}) },
  ...spanCases,
  ...metricCases,
  ...contextCases,
  ...hookCases,
  ...valueCases,
  ...errorCases,
  ...httpCases,
]

/** Every case of the isolation suite; the first one is without any fault, to show that library and adapter work. */
export const isolationCases: readonly IsolationCase[] = hostileCases.map(({ prepare: _, timeoutMs: __, ...about }) => about)

/** The case of this name. */
export function caseNamed(name: string): HostileCase {
  const found = hostileCases.find((each) => each.name === name)
  if (!found) throw new RangeError(`there is no isolation case "${name}"; isolationCases has their names`)
  return found
}
