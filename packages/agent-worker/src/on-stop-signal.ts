/** A Ctrl-C reaches us twice where a package manager between us and the terminal hands it on: that is one wish to stop, not two. */
const echoMs = 300

/** Calls `stop` at the first SIGINT or SIGTERM; the next one, 0.3 s later or more, ends the process at once with 130. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let stoppedMs: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stoppedMs === undefined) {
      stoppedMs = performance.now()
      stop(signal)
    } else if (performance.now() - stoppedMs > echoMs) process.exit(130)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
}
