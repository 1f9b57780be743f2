import { fileURLToPath } from 'node:url'

import { startTelemetry } from '@swarmwatch/node'
import { getExecutionMetrics, getSystemHealth } from '@swarmwatch/sdk'

import { type Fault, type FaultPlan, firstFaultOf, seededFaults } from '../model-server/index.ts'
import {
  allRunsCounted,
  backlogItems,
  type ReferenceAgents,
  referenceAgents,
  runSwarm,
  seededSchedule,
  startSwarmEnvironment,
  type SwarmEnvironment,
  taskNumberIn,
} from '../swarm/index.ts'
import type { DemoSettings } from './demo-settings.ts'
import { introduction, statusLine, summaryTable } from './demo-texts.ts'

type Print = (line: string) => void

const settingsFile = 'config/demo.yaml'
const settingsPath = fileURLToPath(new URL(`../../../../${settingsFile}`, import.meta.url))
/** Window of health and rates; 300 s in production. */
const healthWindowSeconds = 30
const statusIntervalMs = 10_000
const pauseMs = 600

/** Runs the reference swarm until `stop` aborts, then prints a summary. Rejects only if the demo cannot start. */
export async function runDemo(settings: DemoSettings, stop: AbortSignal, print: Print): Promise<void> {
  const telemetry = await startTelemetry({
    serviceName: 'swarmwatch-demo',
    configFile: settingsPath,
    onPortTaken: 'next',
    logger: { info: print, warn: print, error: print },
  })
  try {
    const environment = await startEnvironment(settings, print)
    try {
      const isModelReal = settings.realModel !== undefined
      for (const line of introduction(telemetry, environment, { settingsFile, healthWindowSeconds, isModelReal })) print(line)
      await work(referenceAgents(environment.dependencies), settings.seed, stop, print)
    } finally {
      await environment.close()
    }
  } finally {
    await telemetry.shutdown()
  }
}

function startEnvironment({ realModel, seed }: DemoSettings, print: Print): Promise<SwarmEnvironment> {
  return startSwarmEnvironment({
    realModel,
    faults: demoFaults(seed),
    seed,
    // A slow answer of the scripted model takes 6 s
    attemptTimeoutSeconds: 5,
    healthWindowSeconds,
    logger: { warn: print, error: print },
  })
}

async function work(agents: ReferenceAgents, seed: number, stop: AbortSignal, print: Print): Promise<void> {
  const startedMs = performance.now()
  const status = setInterval(() => print(statusLine(getSystemHealth(), getExecutionMetrics())), statusIntervalMs)
  const onStop = (): void => {
    clearInterval(status)
    print('Stopping: waiting for running tasks to finish.')
  }
  stop.addEventListener('abort', onStop, { once: true })
  try {
    const schedule = seededSchedule(seed, backlogItems)
    const { cancelled } = await runSwarm({ agents, schedule, signal: stop, pauseMs: () => pauseMs })
    await allRunsCounted()
    print('')
    print(`Ran for ${((performance.now() - startedMs) / 1000).toFixed(1)} s; runs cancelled by the stop: ${cancelled}.`)
    print(summaryTable(getExecutionMetrics()))
  } finally {
    clearInterval(status)
  }
}

/** Returns the faults of the demo's model: the arranged ones first, then random but repeatable ones. */
export function demoFaults(seed: number): FaultPlan {
  const shares = { 'rate-limited': 0.01, 'server-error': 0.01, reset: 0.008, slow: 0.004, 'malformed-arguments': 0.03 }
  return firstFaultOf(
    openingFaults,
    unrecoverableTasks,
    outage,
    seededFaults(seed, { shares, retryAfterSeconds: 2, slowMs: 6000 }),
  )
}

const opening: Readonly<Record<string, Readonly<Record<number, Fault>>>> = {
  'rapid-builder': { 1: { kind: 'rate-limited', retryAfterSeconds: 1 }, 7: { kind: 'malformed-arguments' } },
  'api-integrator': { 2: { kind: 'reset' } },
  reviewer: { 3: { kind: 'server-error' } },
}

/** The first task of each agent fails once and recovers, so that visitors see a recovery soon. */
const openingFaults: FaultPlan = ({ agent, agentRequest }) => opening[agent]?.[agentRequest]

/** Every tenth task, from the fifth on, fails in all attempts, so that it cannot recover. */
const unrecoverableTasks: FaultPlan = ({ task }) => (taskNumberIn(task) % 10 === 5 ? { kind: 'server-error' } : undefined)

/** Nine tasks in a row fail in all attempts, and again every 60 tasks: health falls, an alert fires, and both recover. */
const outage: FaultPlan = ({ task }) => {
  const number = taskNumberIn(task) % 60
  return number >= 12 && number < 21 ? { kind: 'server-error' } : undefined
}
