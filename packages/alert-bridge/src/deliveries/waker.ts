/** Runs something again and again, one run at a time. */
export interface Waker {
  /** Runs in the next turn, or once more right after the run that is going on. */
  readonly wake: () => void
  /** No more runs; resolves when the last one has ended. */
  readonly stop: () => Promise<void>
}

/** After a run that failed. */
const afterFailureMs = 1_000

/** Runs `look` when it is woken, and again after as many milliseconds as it gave; a run that fails is repeated after a second. */
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
    // whoever waits for what woke us goes first, and many wakes in one turn are one run
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
