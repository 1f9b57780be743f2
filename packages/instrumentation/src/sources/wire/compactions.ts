import type { PickedValue, WrittenPlan } from './json-picker.ts'

type Picked = Record<string, PickedValue | undefined>

const counts = ['Input', 'Output', 'CacheRead', 'CacheWrite'] as const

/** Iterations in the usage of an Anthropic message: those that compact its context are in no other count. */
export const iterations: WrittenPlan = {
  type: 'iterationType',
  input_tokens: 'iterationInput',
  output_tokens: 'iterationOutput',
  cache_read_input_tokens: 'iterationCacheRead',
  cache_creation_input_tokens: 'iterationCacheWrite',
  '}': 'iterationEnd',
}

/** Adds the tokens of an iteration that has ended to those of its usage, if it is a compaction. */
export function endIteration(picked: Picked): void {
  const isCompaction = picked['iterationType'] === 'compaction'
  picked['iterationType'] = undefined
  for (const count of counts) {
    const tokens = Number(picked[`iteration${count}`] ?? 0)
    picked[`iteration${count}`] = undefined
    if (isCompaction && tokens > 0) picked[`usage${count}`] = Number(picked[`usage${count}`] ?? 0) + tokens
  }
}

/** Keeps the compactions of a usage that has ended; each usage of a stream has all of them so far. */
export function endUsage(picked: Picked): void {
  for (const count of counts) {
    picked[`compaction${count}`] = picked[`usage${count}`] ?? picked[`compaction${count}`]
    picked[`usage${count}`] = undefined
  }
}
