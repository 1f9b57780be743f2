import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { expect, type TestAPI, test as plainTest } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** Variables of the test's environment that the demo must not get. */
const decides = /^(DEMO_|OPENAI_|OTEL_|METRICS_|MONITOR_|MAX_|BASE_|RETRY_|SWARM|NODE_OPTIONS|VITEST)/

export interface Demo {
  readonly process: ChildProcess
  /** Output of both streams so far. */
  output(): string
  /** Waits for a line. */
  prints(line: RegExp): Promise<void>
  /** Waits for the printed address of `/metrics`. */
  metricsUrl(): Promise<string>
  /** Waits for the end of the process. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>
}

/** A test that can run the demo as users do, in its own processes, which are killed when the test ends. */
export const test: TestAPI<{ startDemo: (env?: Record<string, string>) => Demo }> = plainTest.extend<{
  startDemo: (env?: Record<string, string>) => Demo
}>({
  startDemo: async ({ onTestFinished }, use) => {
    await use((env = {}) => {
      const demo = startDemo(env)
      onTestFinished(() => void demo.process.kill('SIGKILL'))
      return demo
    })
  },
})

function startDemo(env: Record<string, string>): Demo {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !decides.test(name)))
  const demo = spawn(process.execPath, ['--conditions=swarmwatch-source', 'packages/agent-worker/src/demo/main.ts'], {
    cwd: root,
    env: { ...inherited, MONITOR_PORT: '0', ...env },
  })
  let stdout = ''
  let stderr = ''
  demo.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)))
  demo.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  const end = once(demo, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const prints = async (line: RegExp): Promise<void> => {
    await expect.poll(() => stdout, { interval: 20 }).toMatch(line)
  }
  return {
    process: demo,
    output: () => stdout + stderr,
    prints,
    async metricsUrl() {
      await prints(/^Metrics +http/m)
      return /^Metrics +(\S+)$/m.exec(stdout)?.[1] ?? ''
    },
    async ended() {
      const [code, signal] = await end
      return { code, signal, stdout, stderr }
    },
  }
}
