import { execFile } from 'node:child_process'

/** How a program ended. */
export interface ProgramResult {
  readonly code: number
  readonly stdout: string
  /** Standard output, followed by standard error. */
  readonly output: string
}

/** Options for `runDocker`. */
export interface RunDockerOptions {
  /** The working folder. @default the one of this process */
  readonly cwd?: string
}

/** Runs `docker` to its end and returns its output and exit code. Rejects only when `docker` cannot be started. */
export function runDocker(args: readonly string[], { cwd }: RunDockerOptions = {}): Promise<ProgramResult> {
  // Only these variables: a setting of the caller must not reach a compose file through ${...}
  const { PATH, HOME } = process.env
  return new Promise((resolve, reject) => {
    execFile('docker', args, { cwd, env: { PATH, HOME }, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error)
      resolve({ code: error === null ? 0 : Number(error.code), stdout, output: stdout + stderr })
    })
  })
}

/** Runs `docker` and returns its standard output, trimmed. Rejects with all output when it fails. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await runDocker(args)
  if (code !== 0) throw new Error(`docker ${args[0]} failed with code ${code}: ${output}`)
  return stdout.trim()
}
