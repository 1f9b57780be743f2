import { defineConfig } from 'vitest/config'

/** `pnpm test:chaos`, `test:soak` and `test:series`: up to a quarter of an hour each, with Docker and, for chaos, as root. Outside CI. */
export default defineConfig({
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: { name: 'endurance', include: ['test/endurance/**/*.test.ts'], maxWorkers: 1 },
})
