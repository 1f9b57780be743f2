import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { expect, type TestAPI, test as plainTest } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** What the environment of a test must not decide. */
const decides = /^(DEMO_|OPENAI_|OTEL_|METRICS_|MONITOR_|MAX_|BASE_|RETRY_|SWARM|NODE_OPTIONS|VITEST)/

export interface Demo {
  readonly process: ChildProcess
  /** Output so far, both streams. */
  output(): string
  /** Waits for a line. */
  says(line: RegExp): Promise<void>
  /** The address of `/metrics` that it printed. */
  metricsUrl(): Promise<string>
  /** Waits for the end: exit code and both outputs. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>
}

/** A test that can run the demo as people do, in processes of its own; they are killed when it ends. */
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
  const says = async (line: RegExp): Promise<void> => {
    await expect.poll(() => stdout, { interval: 20 }).toMatch(line)
  }
  return {
    process: demo,
    output: () => stdout + stderr,
    says,
    async metricsUrl() {
      await says(/^Metrics +http/m)
      return /^Metrics +(\S+)$/m.exec(stdout)?.[1] ?? ''
    },
    async ended() {
      const [code, signal] = await end
      return { code, signal, stdout, stderr }
    },
  }
}
