import { startProgram } from '@swarmwatch/testkit'

import { root } from '../../engines/stack-files.ts'

/** A program of this repository, from its sources. */
export interface ChildProcess {
  /** Waits for a line and returns what its group matched. */
  prints(line: RegExp): Promise<string>
  /** All that it has printed so far. */
  output(): string
  stop(): Promise<void>
}

/** Variables that a test must not inherit. */
const decides =
  /^(DEMO_|OPENAI_|OTEL_|METRICS_|MONITOR_|MAX_|BASE_|RETRY_|SWARM|NODE_OPTIONS|VITEST|BRIDGE_|ALERT|TRACE|CLOUD_|NODE_ENV)/

/** Starts a program of a package: `packages/agent-worker/src/demo/main.ts`. */
export function startSource(file: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !decides.test(name)))
  const program = startProgram(process.execPath, ['--conditions=swarmwatch-source', file, ...args], {
    cwd: root,
    env: { ...inherited, ...env },
  })
  return {
    async prints(line) {
      const found = await program.printed(line)
      return found[1] ?? found[0]
    },
    output: program.output,
    async stop() {
      program.kill('SIGTERM')
      await program.ended
    },
  }
}
