import { spawn } from 'node:child_process'

import type { IsolationAdapter } from './isolation-case.ts'
import { caseNamed, isolationCases } from './isolation-cases.ts'
import { caseModule, runIsolationCase, type IsolationLimits, type IsolationResult } from './run-isolation-case.ts'

/** Options of {@link runIsolationSuite}. */
export interface IsolationSuiteOptions extends IsolationLimits {
  /** Names of the cases to run. @default all */
  readonly cases?: readonly string[] | undefined
  /** Maximum number of concurrent processes. @default 2 */
  readonly atOnce?: number | undefined
  /** Time limit for loading the adapter in a process before its case starts. @default 120000 */
  readonly startMs?: number | undefined
  /** Arguments for node in each process. @default those of this process */
  readonly nodeArguments?: readonly string[] | undefined
  /** Environment variables of each process, in addition to those of this one. @default {} */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/**
 * Runs the isolation suite and resolves with a row for each case. An adapter runs in this process, case after case. For the URL of a
 * module whose default export is an adapter, each case runs in its own process, so that a process that exits or hangs fails only its
 * case. Rejects if there is no case with one of the names.
 *
 * @example
 * console.table(await runIsolationSuite({ name: 'mine', wrap: (agent) => instrumentAgent(agent) }))
 */
export async function runIsolationSuite(
  adapter: IsolationAdapter | URL,
  options: IsolationSuiteOptions = {},
): Promise<IsolationResult[]> {
  const { cases = isolationCases.map(({ name }) => name), atOnce = 2 } = options
  const asked = cases.map(caseNamed)
  const results: IsolationResult[] = []
  const waiting = asked.entries()
  const missingHooks = new Set<string>()
  const work = async (): Promise<void> => {
    for (const [at, { name, surface, hook }] of waiting) {
      if (hook !== undefined && missingHooks.has(hook)) {
        results[at] = { case: name, surface, verdict: 'skipped', what: '' }
        continue
      }
      const run = adapter instanceof URL ? runAlone(adapter, name, options) : runIsolationCase(adapter, name, options)
      results[at] = await run
      // A library without a hook skips all cases of the hook, without another process
      if (hook !== undefined && results[at].verdict === 'skipped') missingHooks.add(hook)
    }
  }
  // In one process, cases would break each other's telemetry
  await Promise.all(Array.from({ length: adapter instanceof URL ? atOnce : 1 }, work))
  return results
}

async function runAlone(adapter: URL, caseName: string, options: IsolationSuiteOptions): Promise<IsolationResult> {
  const { nodeArguments = process.execArgv, env = {}, startMs = 120_000, timeoutMs = 5000, graceMs = 20 } = options
  // Listening keeps the process alive while a case hangs with nothing to wait for, and ends it with this one
  const program = `
    process.on('disconnect', () => process.exit())
    import { runIsolationCase } from ${JSON.stringify(caseModule)}
    const { default: adapter } = await import(${JSON.stringify(adapter.href)})
    process.send('loaded')
    const result = await runIsolationCase(adapter, ${JSON.stringify(caseName)}, ${JSON.stringify({ timeoutMs, graceMs })})
    process.send(result, () => process.exit())`
  const child = spawn(process.execPath, [...nodeArguments, '--input-type=module', '--eval', program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let limit: NodeJS.Timeout | undefined
  const endAfter = (ms: number): void => {
    clearTimeout(limit)
    limit = setTimeout(() => child.kill('SIGKILL'), ms)
  }
  endAfter(startMs)
  let result: IsolationResult | undefined
  let errorOutput = ''
  child.on('message', (message) => {
    // A case that hangs is not waited for as long as a busy machine may need to load the adapter
    if (message === 'loaded') endAfter(6 * Math.max(timeoutMs, caseNamed(caseName).timeoutMs ?? 0) + graceMs)
    else result = message as IsolationResult
  })
  child.stderr?.on('data', (text: Buffer) => (errorOutput = `${errorOutput}${text.toString()}`.slice(-5000)))
  const ending = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(signal === null ? `it exited with ${code}` : `it hung`))
  })
  clearTimeout(limit)
  if (result) return result
  const lines = errorOutput.trim().split('\n')
  // The error that ends a process is followed by its stack and Node's version
  const lastWord = lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? ''
  const { name, surface } = caseNamed(caseName)
  return {
    case: name,
    surface,
    verdict: 'failed',
    what: `the process ended: ${ending}${lastWord && ` (${lastWord.slice(0, 200)})`}`,
  }
}
