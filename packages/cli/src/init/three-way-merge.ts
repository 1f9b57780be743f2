import { merge } from 'node-diff3'

/** Result of a merge: the text, or `conflict`. */
export type Merged = { readonly kind: 'merged'; readonly text: string } | { readonly kind: 'conflict' }

/**
 * Merges two changes of `base`, line by line: yours and the newer version's. Both in the same place, or JSON that no longer is one, are a
 * conflict.
 */
export function threeWayMerge(
  path: string,
  { base, yours, newer }: Readonly<Record<'base' | 'yours' | 'newer', string>>,
): Merged {
  if (yours === base || yours === newer) return { kind: 'merged', text: newer }
  if (newer === base) return { kind: 'merged', text: yours }
  const { conflict, result } = merge(yours.split('\n'), base.split('\n'), newer.split('\n'), { excludeFalseConflicts: true })
  if (conflict) return { kind: 'conflict' }
  const text = result.join('\n')
  return path.endsWith('.json') && !isJson(text) ? { kind: 'conflict' } : { kind: 'merged', text }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
