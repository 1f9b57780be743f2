import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { repositoryRoot } from '../compose-file.ts'
import type { ProductionStack } from './production-stack.ts'

/** How the calls of each agent have ended. */
export type Counts = Readonly<Record<string, { readonly success: number; readonly failure: number }>>

/** The application of outside-agents-program.ts, in a process of its own. */
export interface OutsideAgents {
  /** Starts `calls` calls at once; they fail permanently 50 s later. */
  fail(agent: string, calls: number): void
  /** Returns the counts so far. */
  counts(): Promise<Counts>
  /** Lets it flush and end; returns its counts. */
  stop(): Promise<Counts>
}

/**
 * Starts it in production, with the stack's address and token and nothing else set: retries wait 5, 15 and 30 s. One agent ticks, never
 * failing: the more of it, the smaller the share of the whole swarm's runs that a test makes fail.
 */
export function startOutsideAgents(stack: ProductionStack, ticksPerSecond: number): OutsideAgents {
  const { PATH } = process.env
  const program = `${repositoryRoot}test/stack/outside-agents-program.ts`
  const child = spawn(process.execPath, ['--conditions=swarmwatch-source', program], {
    cwd: repositoryRoot,
    env: {
      PATH,
      NODE_ENV: 'production',
      OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpUrl,
      SWARMWATCH_OTLP_TOKEN: stack.secret('otlp_token'),
      MONITOR_PORT: '0',
      METRICS_PORT: '0',
      TICKS_PER_SECOND: String(ticksPerSecond),
    },
    // The SDK logs each retry, and retries are intended here
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const lines = createInterface(child.stdout)
  const nextCounts = async (): Promise<Counts> => {
    for (;;) {
      const [line] = (await once(lines, 'line')) as [string]
      if (line.startsWith('counts ')) return JSON.parse(line.slice('counts '.length)) as Counts
    }
  }
  return {
    fail: (agent, calls) => void child.stdin.write(`fail ${agent} ${calls}\n`),
    counts() {
      const counts = nextCounts()
      child.stdin.write('count\n')
      return counts
    },
    stop() {
      const counts = nextCounts()
      child.stdin.end()
      return counts
    },
  }
}
