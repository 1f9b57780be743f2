/** What ends with the process, and how to forget it. */
export interface BeforeExitOptions {
  /** Also on SIGTERM: stop, then end the process with the signal's exit code. @default false */
  readonly handleSignals?: boolean | undefined
}

/** Calls `stop` when the event loop has run empty. The returned function takes it back. */
export function beforeExit(stop: () => Promise<void>, { handleSignals = false }: BeforeExitOptions = {}): () => void {
  const onEmpty = (): void => void stop()
  const onTerminate = (): void => {
    void stop().then(() => {
      // another listener has its own plans; without one a process with pid 1 would ignore the signal
      if (process.listenerCount('SIGTERM') === 0) process.exit(128 + 15)
    })
  }
  process.once('beforeExit', onEmpty)
  if (handleSignals) process.once('SIGTERM', onTerminate)
  return () => {
    process.off('beforeExit', onEmpty)
    process.off('SIGTERM', onTerminate)
  }
}
