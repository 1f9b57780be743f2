/** Repeats a function, one run at a time. */
export interface Waker {
  /** Runs in the next turn of the event loop, or once more right after the current run. */
  readonly wake: () => void
  /** Ends the repetition; resolves when the last run has ended. */
  readonly stop: () => Promise<void>
}

/** Wait after a run that failed. */
const afterFailureMs = 1_000

/** Runs `look` when woken, and again after the milliseconds that it returns; a run that fails is repeated after one second. */
export function waker(look: () => Promise<number>): Waker {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isWoken = false
  let isStopped = false

  async function run(): Promise<void> {
    let waitMs = afterFailureMs
    do {
      isWoken = false
      waitMs = await look().catch(() => afterFailureMs)
    } while (isWoken && !isStopped)
    running = undefined
    if (!isStopped) timer = setTimeout(wake, waitMs)
  }

  function wake(): void {
    if (isStopped) return
    isWoken = true
    clearTimeout(timer)
    // callers that wait for the same event continue first, and many wakes in one turn cause one run
    running ??= new Promise(setImmediate).then(run)
  }

  return {
    wake,
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
