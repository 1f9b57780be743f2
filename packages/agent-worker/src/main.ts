import { ConfigurationError, hostAndPort } from '@swarmwatch/config'

import { onStopSignal } from './on-stop-signal.ts'
import { runWorker } from './service/run-worker.ts'
import { readWorkerSettings } from './service/worker-settings.ts'

const say = (line: string): void => console.error(`[WORKER] ${line}`)

async function main(): Promise<number> {
  const stop = new AbortController()
  onStopSignal((signal) => stop.abort(signal))
  try {
    const settings = await readWorkerSettings(process.env)
    settings.notices.forEach(say)
    await runWorker(settings, { stop: stop.signal, say, env: process.env })
    return 0
  } catch (error) {
    if (error instanceof ConfigurationError) {
      console.error(error.message)
      return 2
    }
    say(`cannot start: ${causeOf(error)}`)
    return 1
  }
}

/** Class and code, and the address it was about: a message may hold what it should not. */
function causeOf(error: unknown): string {
  const { name, code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (syscall === 'listen') {
    const cure = code === 'EADDRINUSE' ? '; stop what has the port, or set WORKER_PORT (0 takes a free one)' : ''
    return `it cannot listen on ${hostAndPort(String(address), String(port))} (${code})${cure}`
  }
  return code === undefined ? String(name) : `${name} (${code})`
}

// Errors of the AI SDK hold prompts, which Node would print
process.on('uncaughtException', (error) => {
  const place = error.stack?.split('\n').find((line) => /^ +at /.test(line))
  say(`crashed: ${causeOf(error)}${place ?? ''}`)
  process.exit(1)
})
// The AI SDK prints hints on the console; the log is ours
globalThis.AI_SDK_LOG_WARNINGS = false
process.exit(await main())
