import type { EscalationStep } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'

import type { AlertGroup } from '@swarmwatch/config'
import { type StartedBridge, startedBridge, type StartOptions } from '../helpers/started-bridge.ts'
import { shortTimes } from '../helpers/short-times.ts'

/** A step of the settings, for critical alerts unless `more` has other severities. */
export function step(afterSeconds: number, more: Partial<EscalationStep>): EscalationStep {
  const nothing = { channels: [], recipients: [], rotation: undefined, repeatSeconds: undefined }
  return { afterSeconds, severities: ['critical'], ...nothing, ...more }
}

/** A clock that only the test moves. */
export interface MovedClock {
  readonly now: () => number
  ms: number
}

export function movedClock(iso = '2026-11-24T02:00:00Z'): MovedClock {
  const clock = { ms: Date.parse(iso), now: () => clock.ms }
  return clock
}

/** A bridge with the clock of the test. */
export interface ClockedBridge extends StartedBridge {
  /** Accepts a group and waits until nothing is to be sent. */
  receive(group: AlertGroup): Promise<void>
  /** Moves the clock and waits until nothing is to be sent. */
  pass(seconds: number): Promise<void>
  /** Acknowledges the newest open incident, as an engineer does. */
  acknowledge(by?: string): Promise<void>
  settled(): Promise<void>
}

/** A bridge whose deliveries are all done, and whose steps are all sent, whenever a function of it returns. */
export async function clockedBridge(clock: MovedClock, options: StartOptions): Promise<ClockedBridge> {
  const bridge = await startedBridge({ now: clock.now, times: { ...shortTimes, fallbackAfterMs: 60_000 }, ...options })
  const { core } = bridge.service
  const { store } = core

  async function settled(): Promise<void> {
    await eventually('all steps and deliveries to be done', async () => {
      core.wake()
      const next = (await store.nextStepAt()) ?? Number.POSITIVE_INFINITY
      return next > clock.now() && (await store.countPending(1)) === 0
    })
  }

  return {
    ...bridge,
    settled,
    receive: async (group) => {
      await core.acceptGroup({ ...group, isFromGrafana: false } as never)
      await settled()
    },
    pass: async (seconds) => {
      clock.ms += seconds * 1000
      await settled()
    },
    acknowledge: async (by = 'Ada') => {
      const [incident] = await store.listIncidents({ isOpen: true })
      await store.changeIncident(incident!.key, clock.now(), () => ({
        set: { state: 'acknowledged', acknowledgedAt: clock.now(), acknowledgedBy: by },
        history: [{ at: clock.now(), who: by, action: 'acknowledged' }],
      }))
    },
  }
}
