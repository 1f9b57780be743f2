import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { buildBridge } from '../bridge/built-bridge.ts'
import { faults, noFault, type Fault, type Teller } from './faults.ts'
import { incidents } from './incidents.ts'
import { pace } from './pace.ts'
import { runCase, type CaseResult } from './run-case.ts'
import { openStand, type Stand } from './stand.ts'

/** What people were told by Alertmanager's own receivers and by the bridge, under the same faults. */
export interface ReceiversResult {
  readonly alertmanagerVersion: string
  readonly incidents: number
  readonly cases: readonly CaseResult[]
}

const bothTellers: readonly Teller[] = ['Alertmanager', 'with the bridge']

/**
 * Runs every fault against both, about seven minutes. Needs Docker with the image of Alertmanager. Whatever it started is ended and
 * removed when it ends, fails or is interrupted; the first failure ends all.
 */
export async function measureReceivers(): Promise<ReceiversResult> {
  const interrupted = new AbortController()
  const interrupt = (name: NodeJS.Signals): void => interrupted.abort(new Error(`interrupted by ${name}`))
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt)
  const { folder, cli } = await buildBridge()
  try {
    // without a fault it is measured with nothing beside it
    const quiet = await runTogether([noFault], cli, interrupted)
    const cases = await runTogether(faults, cli, interrupted)
    return { alertmanagerVersion: quiet.version, incidents: incidents.length, cases: [...quiet.cases, ...cases.cases] }
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt)
    await rm(folder, { recursive: true })
  }
}

/** All beside each other, once all are ready. */
async function runTogether(
  some: readonly Fault[],
  cli: string,
  interrupted: AbortController,
): Promise<{ readonly version: string; readonly cases: readonly CaseResult[] }> {
  const { signal } = interrupted
  await using started = new AsyncDisposableStack()
  const stands: Stand[] = []
  for (const fault of some) {
    for (const teller of fault.tellers ?? bothTellers) {
      signal.throwIfAborted()
      stands.push(started.use(await openStand(fault, teller, cli)))
    }
  }
  const runs = stands.map(async (stand, index) => {
    await delay(index * pace.betweenMs, undefined, { signal })
    return runCase(stand, signal)
  })
  for (const run of runs) run.catch((error: unknown) => interrupted.abort(error))
  const cases = await Promise.allSettled(runs)
  signal.throwIfAborted()
  return {
    version: stands[0]!.alertmanager.version,
    cases: cases.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
  }
}
