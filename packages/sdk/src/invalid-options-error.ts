/** An invalid option, the rule that it breaks, and the given value. */
export interface OptionProblem {
  readonly option: string
  readonly rule: string
  readonly value: unknown
}

/** Thrown at once, before anything runs, by a function that was called with options that cannot work. Names every problem. */
export class InvalidOptionsError extends TypeError {
  override readonly name = 'InvalidOptionsError'
  readonly problems: readonly OptionProblem[]

  constructor(calledFunction: string, problems: readonly OptionProblem[]) {
    const lines = problems.map(({ option, rule, value }) => `${option} ${rule}, got ${show(value)}`)
    super(`${calledFunction}: ${lines.join(`\n${calledFunction}: `)}`)
    this.problems = problems
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
