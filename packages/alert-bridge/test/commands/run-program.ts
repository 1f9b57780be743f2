import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  output(): string
}

/** Runs `alert-bridge` with nothing of our own environment, in an empty folder. */
export function runProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, ['--conditions=swarmwatch-source', program, ...args], {
    cwd: temporaryFolder(),
    env: { PATH: process.env['PATH'], ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  return { child, ended, output: () => output }
}
