import { defineConfig } from 'vitest/config'

const project = (name: string, root: string) => ({ extends: true as const, test: { name, root, include: ['test/**/*.test.ts'] } })

export default defineConfig({
  // Tests read src/ of every package, so nothing has to be built first.
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: {
    projects: ['sdk', 'config', 'node', 'agent-worker', 'alert-bridge'].map((name) => project(name, `packages/${name}`)),
  },
})
