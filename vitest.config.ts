import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { defineConfig } from 'vitest/config'

// Tests start several hundred Node processes; a compile cache halves the CPU time of each. Workers inherit the variable.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url))

/** Projects whose tests change no global state, so that one worker can run many files: half the CPU time. */
const sharesWorkers = new Set(['testkit', 'config', 'mixin', 'secrets', 'alert-bridge'])

const packages = [
  'testkit',
  'sdk',
  'testing',
  'instrumentation',
  'config',
  'node',
  'agent-worker',
  'alert-bridge',
  'advisor',
  'secrets',
  'stack',
  'cli',
  'mixin',
]

/** Tests with real engines in containers, some with accelerated time: no other tests may run at the same time. */
const withEngines = [
  'packages/*/test/**/engines/**/*.test.ts',
  'packages/*/test/**/*alertmanager*.test.ts',
  'packages/mixin/test/{alerting,collector,configuration}.test.ts',
]

/**
 * Tests that take ten seconds or more, because they start dozens of processes, pause them, or install libraries. They are left out
 * of a plain `pnpm test`, which should end within five minutes on two busy cores. CI runs them, and so does an argument that names a file.
 */
const slow = [
  'test/parts-of-the-cost-add-up-to-the-bill-of-the-provider.test.ts',
  'packages/advisor/test/engines/advice-report.test.ts',
  'packages/advisor/test/engines/capacity.test.ts',
  'packages/advisor/test/engines/huge-history.test.ts',
  'packages/advisor/test/engines/planted-waste.test.ts',
  'packages/agent-worker/test/service/engines/database-errors.test.ts',
  'packages/advisor/test/forecast/intervals.test.ts',
  'packages/advisor/test/service/page.test.ts',
  'packages/agent-worker/test/service/engines/durable-queue-kills.test.ts',
  'packages/agent-worker/test/service/engines/queue-outage.test.ts',
  'packages/agent-worker/test/service/engines/worker-database.test.ts',
  'packages/agent-worker/test/service/engines/worker-limits.test.ts',
  'packages/alert-bridge/test/alertmanager/alertmanager-pair-and-three-bridges.test.ts',
  'packages/alert-bridge/test/alertmanager/real-alertmanager-kills.test.ts',
  'packages/alert-bridge/test/commands/program.test.ts',
  'packages/alert-bridge/test/commands/engines/move.test.ts',
  'packages/alert-bridge/test/crash/engines/postgres-kills.test.ts',
  'packages/alert-bridge/test/crash/paused.test.ts',
  'packages/alert-bridge/test/escalation/engines/interleavings.test.ts',
  'packages/alert-bridge/test/outbox/engines/postgres-bridges.test.ts',
  'packages/alert-bridge/test/outbox/engines/postgres-faults.test.ts',
  'packages/alert-bridge/test/outbox/engines/postgres.test.ts',
  'packages/cli/test/completion.test.ts',
  'packages/cli/test/init-program.test.ts',
  'packages/mixin/test/alerts/anomalies.test.ts',
  'packages/mixin/test/alerts/quality.test.ts',
  'packages/mixin/test/engines/boards.test.ts',
  'packages/mixin/test/engines/simulation.test.ts',
  'packages/mixin/test/engines/stuck-run.test.ts',
  'packages/mixin/test/verdicts.test.ts',
  'packages/node/test/cluster.test.ts',
  'packages/node/test/process-end.test.ts',
  'packages/node/test/shutdown.test.ts',
  'packages/node/test/status-page/browser-looks.test.ts',
  'packages/node/test/swarmwatch-program.test.ts',
  'packages/testing/test/isolation-suite.test.ts',
  'packages/sdk/test/provider/outage-table.test.ts',
  'packages/secrets/test/compose-environment.test.ts',
  'site/test/built-site.test.ts',
  'test/mcp-tool-calls-are-seen-on-both-sides.test.ts',
  'test/doctor-knows-every-framework.test.ts',
  'test/telemetry-of-frameworks-leaves-nothing-behind.test.ts',
  'test/openai-agents-end-after-telemetry-is-sent.test.ts',
  'test/claude-agent-is-counted-as-its-result-states.test.ts',
  'test/errors-of-real-libraries-are-read-as-documented.test.ts',
  'test/examples-of-frameworks-run-as-documented.test.ts',
  'test/hooks-of-frameworks-exist.test.ts',
  'test/hooks-work-beside-others.test.ts',
  'test/model-calls-of-frameworks-are-counted-once.test.ts',
  'test/queues-own-the-retries-of-agents.test.ts',
  'test/recipes-of-platforms-run-as-documented.test.ts',
  'test/results-of-real-libraries-are-kept-and-judged.test.ts',
  'test/streams-of-frameworks-are-recognised.test.ts',
  'test/runs-of-real-frameworks-equal-the-bills-of-the-provider.test.ts',
  'test/tools-of-frameworks-are-seen.test.ts',
  'test/what-frameworks-export-has-no-content.test.ts',
  'test/examples-run-from-a-clean-folder.test.ts',
  'test/init-works-in-fresh-projects.test.ts',
  'test/packages-are-small-and-typed.test.ts',
  'test/works-in-real-applications.test.ts',
  'test/the-chart-protects-like-the-compose-file.test.ts',
  'test/the-chart-renders-what-a-cluster-accepts.test.ts',
  'test/the-chart-scales-by-the-age-of-the-queue.test.ts',
  'test/the-mixin-is-the-same-in-every-format.test.ts',
  'test/the-operator-starts-telemetry.test.ts',
  'test/the-pods-of-the-chart-start.test.ts',
  'test/the-skill-instruments-sample-repositories.test.ts',
  'test/releases-reach-a-registry.test.ts',
]
const missing = slow.filter((file) => !existsSync(new URL(file, import.meta.url)))
if (missing.length > 0) throw new Error(`vitest.config.ts lists slow tests that do not exist: ${missing.join(', ')}`)
const isFileChosen = process.argv.slice(2).some((argument) => !argument.startsWith('-') && /[/.]/.test(argument))
const leftOut = process.env['REQUIRE_STACK'] === '1' || isFileChosen ? [] : slow
// This file is read once for each project
if (leftOut.length > 0 && process.env['VITEST_LEFT_OUT'] === undefined) {
  process.env['VITEST_LEFT_OUT'] = String(leftOut.length)
  console.log(`left out: ${leftOut.length} slow test files (vitest.config.ts); REQUIRE_STACK=1 runs them`)
}

const project = (name: string) => ({
  extends: true as const,
  test: {
    name,
    root: `packages/${name}`,
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...withEngines, ...leftOut].map((pattern) =>
      pattern.replace(/^packages\/\*\//, '').replace(`packages/${name}/`, ''),
    ),
    // Two files at a time, also on two cores: most tests wait for processes and sockets
    maxWorkers: 2,
    isolate: !sharesWorkers.has(name),
    sequence: { groupOrder: 0 },
  },
})

/** A project that runs after those of a lower `groupOrder`. */
const later = (name: string, groupOrder: number, maxWorkers: number, include: string[]) => ({
  extends: true as const,
  test: { name, include, exclude: ['**/node_modules/**', ...leftOut], maxWorkers, sequence: { groupOrder } },
})

export default defineConfig({
  // Tests read src/ of every package, so nothing has to be built first.
  ssr: { resolve: { conditions: ['swarmwatch-source'] } },
  test: {
    // Limits only end tests that hang: no promise depends on the load of the machine (tried with load 20)
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    // `repository`: tests of the whole, in test/
    projects: [
      ...packages.map(project),
      later('engines', 1, 1, withEngines),
      // The longest test mostly waits, so that others can run at the same time
      later('repository', 2, 2, [
        'test/*.test.ts',
        'mutation/*.test.ts',
        'release/*.test.ts',
        'prose/test/*.test.ts',
        'bench/test/*.test.ts',
        'site/test/*.test.ts',
      ]),
    ],
  },
})
