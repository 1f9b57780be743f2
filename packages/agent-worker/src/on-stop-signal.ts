/** A package manager between the terminal and this process may pass on a Ctrl-C, which then arrives twice: that is one request to stop. */
const duplicateMs = 300

/** Calls `stop` on the first SIGINT or SIGTERM. Another signal at least 0.3 s later ends the process at once with exit code 130. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let stoppedMs: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stoppedMs === undefined) {
      stoppedMs = performance.now()
      stop(signal)
    } else if (performance.now() - stoppedMs > duplicateMs) process.exit(130)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
}
