/** Waits until all have settled, at most `ms`. Keeps the process alive until then. */
export async function within(ms: number, work: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([Promise.allSettled(work), deadline])
  clearTimeout(timer)
}

/** The result of `work`, or a rejection (TimeoutError) after `ms`. Work that continues has no further effect. */
export async function withDeadline<Result>(work: () => Promise<Result>, ms: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')), ms)
  timer.unref()
  try {
    return await Promise.race([work(), promise])
  } finally {
    clearTimeout(timer)
  }
}
