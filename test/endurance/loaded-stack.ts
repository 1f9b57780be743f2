import {
  buildImages,
  mailSettings,
  openSlackSink,
  type OutsideAgents,
  type ProductionStack,
  startOutsideAgents,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, beforeEach } from 'vitest'

/** The production stack of a test file, see {@link loadedStack}. */
export interface LoadedStack {
  readonly stack: ProductionStack
  /** Starts agents outside of the stack, with this many runs a second. They stop before the stack does. */
  readonly startAgents: (runsPerSecond: number) => OutsideAgents
}

/** Options for {@link loadedStack}. */
export interface LoadedStackOptions {
  /** @default 1 */
  readonly workers?: number
  /** Tasks of each worker. */
  readonly tasksPerMinute: number
}

/**
 * Starts the production stack before the tests of a file, with mail and a sink for Slack, and closes it after them. A test that fails
 * prints the last log lines of each container.
 */
export function loadedStack({ workers = 1, tasksPerMinute }: LoadedStackOptions): LoadedStack {
  const started: { stop: () => Promise<unknown> }[] = []
  let running: ProductionStack | undefined
  const stack = (): ProductionStack => {
    if (running === undefined) throw new Error('the stack must be used in a test, after beforeAll has started it')
    return running
  }

  beforeAll(async () => {
    await buildImages()
    const slack = await openSlackSink()
    started.push({ stop: () => slack.close() })
    running = await startStack({
      workers,
      settings: { ...mailSettings(slack.url), WORKER_TASKS_PER_MINUTE: String(tasksPerMinute) },
    })
    started.push({ stop: () => stack().close() })
  }, 600_000)
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => console.log(await stack().compose('logs', '--no-color', '--tail=60')))
  })
  afterAll(async () => {
    for (const each of started.toReversed()) await each.stop()
  }, 120_000)

  return {
    get stack() {
      return stack()
    },
    startAgents: (runsPerSecond) => {
      const agents = startOutsideAgents(stack(), runsPerSecond)
      started.push(agents)
      return agents
    },
  }
}
