import { defineConfig } from 'vitest/config'

const project = (name: string, root: string) => ({ extends: true as const, test: { name, root, include: ['test/**/*.test.ts'] } })
const packages = ['sdk', 'config', 'node', 'agent-worker', 'alert-bridge', 'mixin']

export default defineConfig({
  // Tests read src/ of every package, so nothing has to be built first.
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: {
    // Most tests wait for processes and sockets: two files at a time also on two cores
    maxWorkers: 2,
    // `street`: promises about the whole, in test/
    projects: [...packages.map((name) => project(name, `packages/${name}`)), project('street', '.')],
  },
})
