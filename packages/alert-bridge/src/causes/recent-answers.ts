/** Options for {@link recentAnswers}. */
export interface RecentAnswersOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** An older answer is forgotten. */
  readonly freshMs: number
  /** With more answers, the oldest one is forgotten. */
  readonly maxKept: number
}

/** Answers of a server that all recipients and attempts of a message share. */
export interface RecentAnswers<Answer> {
  readonly get: (key: string) => Answer | undefined
  readonly set: (key: string, answer: Answer) => void
}

/** Keeps answers for a while. */
export function recentAnswers<Answer>({ now, freshMs, maxKept }: RecentAnswersOptions): RecentAnswers<Answer> {
  const kept = new Map<string, { readonly atMs: number; readonly answer: Answer }>()
  return {
    get: (key) => {
      const known = kept.get(key)
      return known !== undefined && now() - known.atMs < freshMs ? known.answer : undefined
    },
    set: (key, answer) => {
      if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
      // a new entry is the last one
      kept.delete(key)
      kept.set(key, { atMs: now(), answer })
    },
  }
}
