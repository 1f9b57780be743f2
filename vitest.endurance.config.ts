import { defineConfig } from 'vitest/config'

/** `pnpm test:chaos`, `test:soak`, `test:series` (with Docker and, for chaos, as root) and `test:heap`: up to a quarter of an hour each. Outside CI. */
export default defineConfig({
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: { name: 'endurance', include: ['test/endurance/**/*.test.ts'], maxWorkers: 1 },
})
