import type { EventEmitter } from 'node:events'
import { constants } from 'node:os'

/** Functions to call when the process ends. */
export interface ProcessEndOptions {
  /** Exports the rest and keeps telemetry running; never rejects. */
  readonly flush: () => Promise<void>
  /** Exports the rest and stops telemetry; never rejects. */
  readonly stop: () => Promise<void>
  /**
   * Exports the rest without a promise, because none is settled after `process.exit()` or a crash.
   */
  readonly flushNow: () => void
  /** Also flush on SIGTERM, SIGINT and SIGHUP, which end the process at once otherwise. */
  readonly handleSignals: boolean
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * A package manager forwards Ctrl-C to a program that the terminal has already signalled: that is
 * one request to stop, not two.
 */
const echoMs = 500

/** Time after a signal in which another listener may still check whether it is the only one. */
const watchMs = 30_000

/**
 * Exports the rest when the event loop is empty, when the process exits, and on signals. The
 * process ends as it would without this: by the signal if nothing else listens to it, otherwise
 * when its other listeners end it. Returns a function that removes the listeners.
 */
export function onProcessEnd({ flush, stop, flushNow, handleSignals }: ProcessEndOptions): () => void {
  /** When the first signal came that ends the process. One after which the program continues does not count. */
  let firstAt: number | undefined
  let stopWatching = (): void => {}

  const onEmpty = (): void => void stop()
  const onSignal = (signal: NodeJS.Signals): void => {
    const others = process.listeners(signal).filter((listener) => listener !== onSignal)
    if (others.length === 0) {
      const isRepeated = firstAt !== undefined && performance.now() - firstAt > echoMs
      firstAt ??= performance.now()
      if (isRepeated) endBy(signal, onSignal)
      else void stop().then(() => endBy(signal, onSignal))
      return
    }
    // The program may continue after the signal, so telemetry does too
    const flushed = flush()
    if (others.length > 1) return
    // It may end the process only if it is the only listener, as @openai/agents and signal-exit do.
    // It is not, so we end the process
    stopWatching()
    stopWatching = whenAskedForListeners(signal, () => void flushed.then(() => process.exit(exitCodeOf(signal))))
  }

  process.once('beforeExit', onEmpty)
  process.on('exit', flushNow)
  // Before the others, while listeners for one signal are still registered
  if (handleSignals) for (const signal of signals) process.prependListener(signal, onSignal)
  return () => {
    stopWatching()
    process.off('beforeExit', onEmpty)
    process.off('exit', flushNow)
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/**
 * Ends the process by the signal, so that its parent process sees the same exit as without this
 * listener.
 */
function endBy(signal: NodeJS.Signals, listener: NodeJS.SignalsListener): void {
  process.off(signal, listener)
  if (process.platform !== 'win32' && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  // Process 1 of a container is not ended by a signal it does not handle
  process.exit(exitCodeOf(signal))
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/**
 * Calls `onAsked` once when another listener asks for the listeners of `signal`, within 30 seconds.
 * Returns a function that ends it.
 */
function whenAskedForListeners(signal: NodeJS.Signals, onAsked: () => void): () => void {
  const questions = ['listeners', 'rawListeners', 'listenerCount'] as const
  // Node itself counts the listeners when one is removed
  let isRemoving = false
  const onRemoving = (event: string | symbol): void => void (isRemoving = event === signal)
  const onRemoved = (): void => void (isRemoving = false)
  const events: EventEmitter = process
  events.prependListener('removeListener', onRemoving).on('removeListener', onRemoved)

  const restore = (): void => {
    clearTimeout(timer)
    for (const question of questions) Reflect.deleteProperty(process, question)
    events.off('removeListener', onRemoving).off('removeListener', onRemoved)
  }
  const timer = setTimeout(restore, watchMs).unref()
  for (const question of questions) {
    const ask = process[question] as (this: NodeJS.Process, ...args: unknown[]) => unknown
    const watched = function (this: NodeJS.Process, ...args: unknown[]): unknown {
      if (args[0] === signal && !isRemoving) {
        restore()
        onAsked()
      }
      return ask.apply(this, args)
    }
    Object.defineProperty(process, question, { configurable: true, writable: true, value: watched })
  }
  return restore
}
