import { recoveryRules } from './recovery/settings.ts'

/** One wrong option: which, the rule it breaks, and what was given. */
export interface Problem {
  readonly option: string
  readonly rule: string
  readonly value: unknown
}

/** Thrown at once, before anything runs, by a function that was called with options that cannot work. Names every problem. */
export class InvalidOptionsError extends TypeError {
  override readonly name = 'InvalidOptionsError'
  readonly problems: readonly Problem[]

  constructor(calledFunction: string, problems: readonly Problem[]) {
    const lines = problems.map(({ option, rule, value }) => `${option} ${rule}, got ${show(value)}`)
    super(`${calledFunction}: ${lines.join(`\n${calledFunction}: `)}`)
    this.problems = problems
  }
}

/** Problems of recovery settings; `prefix` stands before each option's name. */
export function checkRecovery(recovery: object, prefix: string): Problem[] {
  const problems: Problem[] = []
  for (const [key, value] of Object.entries(recovery)) {
    const option = prefix + key
    const rule = Object.hasOwn(recoveryRules, key) ? recoveryRules[key as keyof typeof recoveryRules] : undefined
    if (!rule) problems.push({ option, rule: `is not an option; there are ${Object.keys(recoveryRules).join(', ')}`, value })
    else if (value !== undefined && !rule[1](value)) problems.push({ option, rule: rule[0], value })
  }
  return problems
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
