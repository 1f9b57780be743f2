import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** From the start to the end of the process. */
  readonly ms: number
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /**
   * Export condition; `false` sets none, as for an installed package.
   * @default 'swarmwatch-source'
   */
  readonly conditions?: string | false
  /** Called with all output so far, and with a way to signal the process. */
  readonly onOutput?: (output: string, kill: (signal: NodeJS.Signals) => void) => void
}

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs Node on the sources, in this package's folder, with nothing of our own environment but PATH,
 * the status page on any port.
 */
export function runNode(
  args: readonly string[],
  { env = {}, conditions = 'swarmwatch-source', onOutput }: RunOptions = {},
): Promise<Ended> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...(conditions === false ? [] : [`--conditions=${conditions}`]), ...args], {
    cwd: packageFolder,
    env: { PATH: process.env['PATH'], MONITOR_PORT: '0', ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onOutput?.(stdout, (signal) => child.kill(signal))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr, ms: performance.now() - startedAt }))
  })
}

/** Runs `code` as a module with `--import` of the register entry. */
export function runRegistered(code: string, options: RunOptions = {}): Promise<Ended> {
  return runNode(['--import', './src/register.ts', '--input-type=module', '--eval', code], options)
}
