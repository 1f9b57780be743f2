/** Waits for all of them, whether they work or fail, at most `ms`. Keeps the process alive until then. */
export async function within(ms: number, work: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([Promise.allSettled(work), deadline])
  clearTimeout(timer)
}
