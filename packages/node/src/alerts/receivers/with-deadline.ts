/** The result of `work`, or a rejection (TimeoutError) after `ms`. Work that goes on has no further effect. */
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
