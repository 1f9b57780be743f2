import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('bridge-process.ts', import.meta.url))

export interface RunningBridge {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<NodeJS.Signals | number | null>
  output(): string
}

/** Starts a bridge in a process of its own; undefined when it ended before it was ready. */
export async function runBridge(env: Readonly<Record<string, string>>): Promise<RunningBridge | undefined> {
  const child = spawn(process.execPath, ['--conditions=swarmwatch-source', program], {
    env: { PATH: process.env['PATH'], ...env },
  })
  let output = ''
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  const ready = new Promise<string>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const url = /ready on (http:\S+),/.exec(output)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const url = await Promise.race([ready, ended.then(() => undefined)])
  return url === undefined ? undefined : { url, child, ended, output: () => output }
}
