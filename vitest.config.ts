import { defineConfig } from 'vitest/config'

const packages = ['sdk', 'config', 'node', 'agent-worker', 'alert-bridge', 'secrets', 'mixin']

/** Tests with real engines in containers, some in time that passes faster: nothing else may run beside them. */
const withEngines = [
  'packages/*/test/**/engines/**/*.test.ts',
  'packages/*/test/**/*alertmanager*.test.ts',
  'packages/mixin/test/{alerting,collector,configuration}.test.ts',
]

const project = (name: string) => ({
  extends: true as const,
  test: {
    name,
    root: `packages/${name}`,
    include: ['test/**/*.test.ts'],
    exclude: withEngines.map((pattern) => pattern.replace(/^packages\/\*\//, '').replace(`packages/${name}/`, '')),
    // Two files at a time also on two cores: most wait for processes and sockets
    maxWorkers: 2,
    // A promise does not depend on how busy the machine is
    testTimeout: 30_000,
    sequence: { groupOrder: 0 },
  },
})

/** Projects that run after the others, one after the other. */
const later = (name: string, groupOrder: number, maxWorkers: number, include: string[]) => ({
  extends: true as const,
  test: { name, include, maxWorkers, sequence: { groupOrder } },
})

export default defineConfig({
  // Tests read src/ of every package, so nothing has to be built first.
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: {
    // For what hangs; a busy machine may be slow
    testTimeout: 30_000,
    // `street`: promises about the whole, in test/
    projects: [
      ...packages.map(project),
      later('engines', 1, 1, withEngines),
      // The long one waits for most of its time, so the others run beside it
      later('street', 2, 2, ['test/*.test.ts', 'mutation/*.test.ts', 'bench/test/*.test.ts']),
    ],
  },
})
