import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { repositoryRoot } from '@swarmwatch/testkit'

/** A program of ours in a process of its own, whose heap can be asked for. */
export interface ProgramWithHeap {
  /** MB on its heap that a collection leaves. */
  heapMegabytes(): Promise<number>
  /** Asks it to stop; gives its exit code. */
  stop(): Promise<number>
}

const preload = fileURLToPath(new URL('answers-with-its-heap.cjs', import.meta.url))

/** Starts the source file `program` of this repository in an empty folder, with these settings and no others. */
export function startWithHeap(
  program: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): ProgramWithHeap {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-heap-'))
  const flags = ['--expose-gc', `--require=${preload}`, '--conditions=swarmwatch-source', '--max-old-space-size=256']
  const child = spawn(process.execPath, [...flags, join(repositoryRoot, program), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = once(child, 'exit') as Promise<[number]>
  return {
    async heapMegabytes() {
      const answer = once(child, 'message') as Promise<[number]>
      child.send('heap')
      const [bytes] = await answer
      return bytes / 1e6
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = await ended
      rmSync(folder, { recursive: true })
      return code
    },
  }
}
