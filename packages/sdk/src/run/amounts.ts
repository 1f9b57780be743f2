/** Units of what a run can use. */
const units = { usd: 'USD', tokens: 'tokens', modelCalls: 'model calls', toolCalls: 'tool calls', seconds: 's' } as const

/** Something that a run uses. */
export type Usable = keyof typeof units

/** All of {@link Usable}. */
export const usables = Object.keys(units) as readonly Usable[]

/** An amount with its unit, such as `0.5 USD`. */
export function shownAmount(of: Usable, amount: number): string {
  return `${Number(amount.toPrecision(6))} ${units[of]}`
}
