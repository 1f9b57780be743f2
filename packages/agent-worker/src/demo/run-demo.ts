import { fileURLToPath } from 'node:url'

import { startTelemetry } from '@swarmwatch/node'
import { getExecutionMetrics, getSystemHealth } from '@swarmwatch/sdk'

import { type ReferenceAgents, referenceAgents } from '../agents/reference-agents.ts'
import { allRunsCounted } from '../all-runs-counted.ts'
import { backlogItems } from '../backlog/backlog-items.ts'
import { seededSchedule } from '../schedule.ts'
import { runSwarm } from '../swarm.ts'
import type { DemoSettings } from './demo-settings.ts'
import { openDemoWorld } from './demo-world.ts'
import { introduction } from './introduction.ts'
import { summaryTable } from './summary-table.ts'

type Say = (line: string) => void

const settingsFile = 'config/demo.yaml'
const settingsPath = fileURLToPath(new URL(`../../../../${settingsFile}`, import.meta.url))
const statusEveryMs = 10_000
const pauseMs = 600

/** Runs the reference swarm until `stop` aborts, then says what it did. Rejects only if it could not start. */
export async function runDemo(settings: DemoSettings, stop: AbortSignal, say: Say): Promise<void> {
  const telemetry = await startTelemetry({
    serviceName: 'swarmwatch-demo',
    configFile: settingsPath,
    onPortTaken: 'next',
    logger: { info: say, warn: say, error: say },
  })
  try {
    const world = await openDemoWorld(settings, say)
    try {
      for (const line of introduction(telemetry, settingsFile, world.description)) say(line)
      await work(referenceAgents(world.kit), settings.seed, stop, say)
    } finally {
      await world.close()
    }
  } finally {
    await telemetry.shutdown()
  }
}

async function work(agents: ReferenceAgents, seed: number, stop: AbortSignal, say: Say): Promise<void> {
  const startedMs = performance.now()
  const status = setInterval(() => say(statusLine()), statusEveryMs)
  const onStop = (): void => {
    clearInterval(status)
    say('Stopping: runs under way have a moment to finish.')
  }
  stop.addEventListener('abort', onStop, { once: true })
  try {
    const schedule = seededSchedule(seed, backlogItems)
    const { cancelled } = await runSwarm({ agents, schedule, signal: stop, pauseMs: () => pauseMs })
    await allRunsCounted()
    say('')
    say(`Ran for ${((performance.now() - startedMs) / 1000).toFixed(1)} s; runs cancelled by the stop: ${cancelled}.`)
    say(summaryTable(getExecutionMetrics()))
  } finally {
    clearInterval(status)
  }
}

function statusLine(): string {
  const { score, activeExecutions } = getSystemHealth()
  const { executions, failures, retries, recovered } = getExecutionMetrics()
  const parts = [
    `${executions} runs`,
    `${failures} failed`,
    `${recovered} recovered`,
    `${retries} retries`,
    `${activeExecutions} active`,
  ]
  return `[STATUS] health ${Math.round(score)}, ${parts.join(', ')}`
}
