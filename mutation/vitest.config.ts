import { env } from 'node:process'

import { defineConfig } from 'vitest/config'

/**
 * Tests read `src/`, as everywhere. Which of them run comes from mutate.ts in the environment: with Stryker's own `--testFiles` no test
 * sees the mutants of what a module does while it is loaded.
 */
export default defineConfig({
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: {
    include: env['MUTATION_TESTS']?.split(',') ?? [],
    setupFiles: ['mutation/fixed-seed.mjs'],
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
