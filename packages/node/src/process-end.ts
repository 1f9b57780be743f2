import type { EventEmitter } from 'node:events'
import { constants } from 'node:os'

/** What to do when the process ends, and how it may end. */
export interface ProcessEndOptions {
  /** Exports what is left and keeps telemetry running; never rejects. */
  readonly flush: () => Promise<void>
  /** Exports what is left and stops telemetry; never rejects. */
  readonly stop: () => Promise<void>
  /** Exports what is left without waiting for a promise: `process.exit()` and a crash run no more of them. */
  readonly flushNow: () => void
  /** Also flush on SIGTERM, SIGINT and SIGHUP, which end the process at once otherwise. */
  readonly handleSignals: boolean
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A package manager passes Ctrl-C on to a program that the terminal has told already: that is one wish to stop, not two. */
const echoMs = 500

/** How long after a signal another listener may still look whether it is the only one. */
const questionMs = 30_000

/**
 * Exports what is left when the event loop has run empty, when the process exits, and on signals. The process ends as it would without
 * us: by the signal where nothing else listens to it, and otherwise when its other listeners end it. The returned function takes it back.
 */
export function onProcessEnd({ flush, stop, flushNow, handleSignals }: ProcessEndOptions): () => void {
  let firstAt: number | undefined
  let stopWatching = (): void => {}

  const onEmpty = (): void => void stop()
  const onSignal = (signal: NodeJS.Signals): void => {
    const others = process.listeners(signal).filter((listener) => listener !== onSignal)
    const isInsisted = firstAt !== undefined && performance.now() - firstAt > echoMs
    firstAt ??= performance.now()
    if (others.length === 0) {
      if (isInsisted) endBy(signal, onSignal)
      else void stop().then(() => endBy(signal, onSignal))
      return
    }
    // The program may go on after the signal, so telemetry does too
    const flushed = flush()
    if (others.length > 1) return
    // It ends the process only if it is alone, as @openai/agents and signal-exit do. It is not, so the end is ours
    stopWatching()
    stopWatching = whenAskedForListeners(signal, () => void flushed.then(() => process.exit(exitCodeOf(signal))))
  }

  process.once('beforeExit', onEmpty)
  process.on('exit', flushNow)
  // First, while listeners that listen once are still there to be seen
  if (handleSignals) for (const signal of signals) process.prependListener(signal, onSignal)
  return () => {
    stopWatching()
    process.off('beforeExit', onEmpty)
    process.off('exit', flushNow)
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/** Ends the process by the signal, so that its parent process sees what it would see without us. */
function endBy(signal: NodeJS.Signals, listener: NodeJS.SignalsListener): void {
  process.off(signal, listener)
  if (process.platform !== 'win32' && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  // Process 1 of a container is not ended by a signal it does not handle
  process.exit(exitCodeOf(signal))
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/** Calls `onAsked` once when another listener looks who listens to `signal`, within 30 seconds. The returned function takes it back. */
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
  const timer = setTimeout(restore, questionMs).unref()
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
