import { ConfigurationError } from '@swarmwatch/config'
import { ListenError } from '@swarmwatch/config/listen'

import { onStopSignal } from '../on-stop-signal.ts'
import { QueueDatabaseError } from './queue-database-error.ts'
import { runWorker } from './run-worker.ts'
import { readWorkerSettings } from './worker-settings.ts'

const log = (line: string): void => console.error(`[WORKER] ${line}`)

async function main(): Promise<number> {
  const stop = new AbortController()
  onStopSignal((signal) => stop.abort(signal))
  try {
    const settings = readWorkerSettings(process.env)
    settings.notices.forEach(log)
    await runWorker(settings, { stop: stop.signal, log, env: process.env })
    return 0
  } catch (error) {
    if (error instanceof ConfigurationError) {
      console.error(error.message)
      return 2
    }
    log(`cannot start: ${causeOf(error)}`)
    return 1
  }
}

/** Returns the class and the code of an error, but not its message unless it is ours: others may hold a secret or a prompt. */
function causeOf(error: unknown): string {
  if (error instanceof ListenError) {
    const cure = '; stop the process that uses the port, or set WORKER_PORT (0 selects a free port)'
    return `${error.message}${error.reason === 'port-taken' ? cure : ''}`
  }
  if (error instanceof QueueDatabaseError) return error.message
  const { name, code } = error as NodeJS.ErrnoException
  return code === undefined ? String(name) : `${name} (${code})`
}

// Errors of the AI SDK hold prompts, and Node would print them
process.on('uncaughtException', (error) => {
  const place = error.stack?.split('\n').find((line) => /^ +at /.test(line))
  log(`crashed: ${causeOf(error)}${place ?? ''}`)
  process.exit(1)
})
// The AI SDK prints hints on the console; they do not belong in the log
globalThis.AI_SDK_LOG_WARNINGS = false
process.exit(await main())
