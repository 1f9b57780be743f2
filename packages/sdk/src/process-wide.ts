import { AsyncLocalStorage } from 'node:async_hooks'
import { getEnvironmentData, isMainThread } from 'node:worker_threads'

import { createNoopMeter, metrics, type MeterProvider } from '@opentelemetry/api'

import type { AgentSeries } from './agent-series.ts'
import { BoundedNames } from './bounded-names.ts'
import type { Execution } from './execution.ts'
import { Monitor } from './monitor/monitor.ts'
import { otherError } from './names.ts'
import type { ExecutionEvent } from './on-execution.ts'
import type { ConfiguredRecovery } from './recovery/configure-recovery.ts'
import type { Recovery } from './recovery/recovery-of.ts'
import type { Instruments } from './telemetry/instruments.ts'
import { realWorld, type World } from './world.ts'

/** What exists once in a process, however many copies of this package it loads. */
export interface ProcessWide {
  readonly running: AsyncLocalStorage<Execution>
  readonly monitor: Monitor
  readonly recoveries: WeakMap<object, Recovery>
  configuredRecovery: ConfiguredRecovery
  /** Every label set of agents seen so far, by its key. */
  readonly series: Map<string, AgentSeries>
  readonly names: {
    readonly agents: BoundedNames
    readonly tools: BoundedNames
    readonly models: BoundedNames
    readonly errors: BoundedNames
  }
  /** Made anew when another MeterProvider is registered. */
  telemetry: { readonly provider: MeterProvider; readonly instruments: Instruments } | undefined
  readonly listeners: Set<(event: ExecutionEvent) => void>
  /** Places of swallowed errors that were said aloud already. */
  readonly saidTrips: Set<string>
  /** The world of a run that begins now; the test kit puts one in its place in which waits are skipped. */
  newWorld: () => World
}

function create(): ProcessWide {
  return {
    running: new AsyncLocalStorage(),
    monitor: new Monitor(),
    recoveries: new WeakMap(),
    configuredRecovery: {},
    series: new Map(),
    names: {
      agents: new BoundedNames(100),
      tools: new BoundedNames(100),
      models: new BoundedNames(50),
      errors: new BoundedNames(100, otherError),
    },
    telemetry: undefined,
    listeners: new Set(),
    saidTrips: new Set(),
    newWorld: () => realWorld,
  }
}

/**
 * Reports once, with its first run, that a worker thread records nothing although the thread that started it does: `@swarmwatch/node`
 * leaves the line in the environment data of new threads.
 */
function reportSilentThread({ listeners }: ProcessWide): void {
  const line: unknown = isMainThread ? undefined : getEnvironmentData('@swarmwatch/node.silentThread')
  if (typeof line !== 'string') return
  const onFinished = ({ type }: ExecutionEvent): void => {
    if (type !== 'finished') return
    listeners.delete(onFinished)
    if (metrics.getMeter('@swarmwatch/sdk') === createNoopMeter()) console.warn(line)
  }
  listeners.add(onFinished)
}

// The number changes when the shape of ProcessWide does: copies with other shapes must not meet
const key = Symbol.for('@swarmwatch/sdk/process-wide/3')
const globals = globalThis as { [key]?: ProcessWide }
/** The one of this process, made by the first copy that asks for it. */
export const processWide: ProcessWide = globals[key] ?? first()

function first(): ProcessWide {
  const made = (globals[key] = create())
  reportSilentThread(made)
  return made
}
