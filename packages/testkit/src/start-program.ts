import { spawn } from 'node:child_process'

/** A program that was started. */
export interface Program {
  /** All it has printed so far, what it wrote to standard error at the end. */
  readonly output: () => string
  /** Resolves with the match once its output matches; rejects with the output when the program ends before. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Starts a program with exactly this environment. With `isGroup`, signals also reach the programs that it starts. */
export function startProgram(
  command: string,
  args: readonly string[],
  { isGroup = false, ...options }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly isGroup?: boolean },
): Program {
  const child = spawn(command, args, { ...options, detached: isGroup, stdio: ['ignore', 'pipe', 'pipe'] })
  const waiting = new Set<() => void>()
  const printed = { stdout: '', stderr: '' }
  const output = (): string => printed.stdout + printed.stderr
  let hasEnded = false
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text
      for (const look of waiting) look()
    })
  }
  const ended: Program['ended'] = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      hasEnded = true
      for (const look of waiting) look()
      resolve({ code, signal })
    })
  })
  return {
    output,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output())
          if (match === null && !hasEnded) return
          waiting.delete(look)
          if (match === null) reject(new Error(`the program ended before it printed ${pattern}:\n${output()}`))
          else resolve(match)
        }
        waiting.add(look)
        look()
      }),
    kill(signal) {
      if (!isGroup) child.kill(signal)
      else if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, signal)
    },
    ended,
  }
}
