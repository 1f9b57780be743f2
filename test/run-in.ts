import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { startProgram } from '@swarmwatch/testkit'

/** Output and exit status of a program. */
export interface Ended {
  readonly status: number
  readonly output: string
}

/** The Node that runs programs of users: SWARMWATCH_USERS_NODE, a path. @default the Node that runs the tests */
export const usersNode: string = process.env['SWARMWATCH_USERS_NODE'] || process.execPath

/** Runs JavaScript as plain Node would: a file in `folder`, no source condition, no loader, no ports that others may use. */
export async function runScript(folder: string, name: string, source: string): Promise<Ended> {
  await writeFile(join(folder, name), source)
  return runProgram(folder, usersNode, [name])
}

/**
 * Runs an example of the docs. One that prints the address of its page keeps running: the page is requested, and the program interrupted as by Ctrl-C.
 * `flags` are Node's.
 */
export async function runExample(folder: string, name: string, source: string, flags: readonly string[] = []): Promise<Ended> {
  await writeFile(join(folder, name), source)
  const program = startProgram(usersNode, [...flags, name], { cwd: folder, env: programEnvironment() })
  const page = await program.printed(/page at (http\S+)/).catch(() => undefined)
  const answer = page && (await fetch(page[1]!))
  if (page) program.kill('SIGINT')
  const { code, signal } = await program.ended
  const isAsExpected = answer === undefined ? code === 0 : answer.ok && signal === 'SIGINT'
  return { status: isAsExpected ? 0 : 1, output: program.output() }
}

/** Runs a program in `folder` and waits for its end. */
export function runProgram(folder: string, program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env: programEnvironment() }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
    })
  })
}

function programEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env
  return { ...env, MONITOR_PORT: '0', METRICS_PORT: '0' }
}

/** The examples of a document in JavaScript or TypeScript, in order. Throws when there is none. */
export function examplesOf(document: string): string[] {
  // ```js ... ``` and ```ts ... ```
  const examples = [...document.matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, code]) => code!)
  if (examples.length === 0) throw new Error('the document has no example that starts with ```js or ```ts')
  return examples
}
