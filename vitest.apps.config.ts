import { defineConfig } from 'vitest/config'

/** `pnpm test:apps`: every real application, with the registry, and Redis from the system's packages. Outside CI, which tries a few. */
export default defineConfig({
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: { name: 'apps', include: ['test/apps/*.test.ts'], maxWorkers: 1 },
})
