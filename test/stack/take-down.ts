import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const log = 'take-down.log'

/** Waits for the end of its input, runs docker with its arguments, and removes the folder it stands in. */
const program = `cat > /dev/null; docker "$@" > ${log} 2>&1 && rm -r "$PWD"`

/**
 * Runs docker with `args` in `folder` and removes the folder: when what this gives is called, or when the process that called this is
 * gone, however it ended. An interrupted test leaves no containers and no secrets behind. Rejects with docker's output when it fails.
 */
export function takeDownAtEnd(folder: string, args: readonly string[]): () => Promise<void> {
  const { PATH, HOME } = process.env
  const child = spawn('sh', ['-c', program, 'take-down', ...args], {
    cwd: folder,
    env: { PATH, HOME },
    // A session of its own: out of reach of a Ctrl+C
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = once(child, 'exit') as Promise<[number]>
  return async () => {
    child.stdin.end()
    const [code] = await ended
    if (code !== 0) throw new Error(`docker ${args.join(' ')}:\n${readFileSync(join(folder, log), 'utf8')}`)
  }
}
