import { execFile } from 'node:child_process'

/** What a program wrote, and how it ended. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs docker with `args` in `folder`, to its end. */
export function docker(folder: string, args: readonly string[], input?: string): Promise<Ended> {
  return new Promise((resolve) => {
    // Settings of the caller must not get into the stack by way of ${...}
    const { PATH, HOME } = process.env
    const child = execFile(
      'docker',
      args,
      { cwd: folder, env: { PATH, HOME }, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    )
    child.stdin?.end(input)
  })
}
