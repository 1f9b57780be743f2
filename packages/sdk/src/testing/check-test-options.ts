import { InvalidOptionsError, type Problem } from '../invalid-options-error.ts'
import type { TestTelemetryOptions } from './test-telemetry.ts'

type Rule = readonly [rule: string, isKept: (value: unknown) => boolean]
const list: Rule = ['must be an array', Array.isArray]

const rules: Readonly<Record<keyof TestTelemetryOptions, Rule>> = {
  spanProcessors: list,
  sampler: ['must be a sampler', (value) => typeof value === 'object' && value !== null],
  metricReaders: list,
  views: list,
  skipWaits: ['must be true or false', (value) => typeof value === 'boolean'],
}

/** Throws an {@link InvalidOptionsError} that names every option which there is not, or cannot be. */
export function checkTestOptions(options: TestTelemetryOptions): void {
  const problems = Object.entries(options).flatMap(([option, value]): Problem[] => {
    if (!Object.hasOwn(rules, option)) {
      return [{ option, rule: `is not an option; there are ${Object.keys(rules).join(', ')}`, value }]
    }
    const [rule, isKept] = rules[option as keyof TestTelemetryOptions]
    return value === undefined || isKept(value) ? [] : [{ option, rule, value }]
  })
  if (problems.length > 0) throw new InvalidOptionsError('startTestTelemetry', problems)
}
