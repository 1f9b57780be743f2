import type { EscalationStep } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { expect } from 'vitest'

import { type BridgeCore, startCore } from '../../src/bridge-core.ts'
import type { Channel } from '../../src/channels/channel.ts'
import { decideStep, type DueStep, firstStep } from '../../src/escalation/next-step.ts'
import { incidentActions } from '../../src/incidents/incident-actions.ts'
import { otelMetrics } from '../../src/metrics/bridge-metrics.ts'
import { metricsEndpoint } from '../../src/metrics/metrics-endpoint.ts'
import { type Store, StoreError } from '../../src/outbox/store.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { step } from './moved-clock.ts'

/** An event of a test; `group` is one of two groups of alerts. */
type Event =
  | { readonly kind: 'fire' | 'resolve' | 'acknowledge' | 'silence'; readonly group: 0 | 1 }
  | { readonly kind: 'pass'; readonly seconds: number }
  /** The bridge is killed at the n-th call of its store from now on: before the call, or after it is stored. */
  | { readonly kind: 'kill'; readonly call: number; readonly isStored: boolean }

const group = fc.constantFrom(0 as const, 1 as const)
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('fire' as const), group }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('resolve' as const, 'acknowledge' as const, 'silence' as const), group }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 59, 60, 61, 240, 600, 3_600) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('kill' as const), call: fc.integer({ min: 1, max: 25 }), isStored: fc.boolean() }),
    },
  ),
  { minLength: 4, maxLength: 14 },
)
const policies: fc.Arbitrary<EscalationStep[]> = fc
  .array(fc.record({ gap: fc.constantFrom(0, 60, 240, 600), repeat: fc.constantFrom(undefined, 60, 300) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => {
    let after = 0
    return parts.map(({ gap, repeat }, index) =>
      step((after += gap), { recipients: [`p${index}@example.com`], repeatSeconds: repeat }),
    )
  })

/** A step that arrived at a recipient, as text: `1.0 at 600`, with the seconds of the clock. */
interface Arrived {
  readonly key: string
  readonly what: string
  readonly mayHaveArrived: boolean
}

/** Expected state of an incident. */
interface Expected {
  readonly group: number
  due: DueStep | undefined
  openedAt: number
  state: 'open' | 'acknowledged' | 'silenced' | 'resolved'
  silencedUntil: number
  readonly sent: string[]
}

/** Opens the same data as another owner, after the last one is gone. */
export type OpenData = () => Promise<{ readonly open: () => Promise<Store> }>

/** The promises of the escalation over any order of events, with a bridge that may be killed at every call of its store. */
export function escalationInvariants(data: OpenData, numRuns: number): void {
  propertyTest.prop([policies, events], { numRuns, endOnFailure: true })(
    'whatever happens in whatever order, each due step of an open incident is sent, once, and none after its end',
    async (steps, list) => {
      const { open } = await data()
      const clock = { ms: Date.parse('2026-11-24T02:00:00Z') }
      const now = (): number => clock.ms
      const arrived: Arrived[] = []
      const incidents: Expected[] = []
      const keys = new Map<Expected, string>()
      let fires = 0
      let kill: { call: number; readonly isStored: boolean } | undefined
      let bridge = await start()

      interface Running {
        readonly core: BridgeCore
        readonly store: Store
        readonly isDead: () => boolean
      }

      async function start(): Promise<Running> {
        const real = await open()
        let isDead = false
        const store = new Proxy(real, {
          get(target, name: keyof Store) {
            const method: unknown = target[name]
            if (typeof method !== 'function' || name === 'close') return method
            return async (...parameters: unknown[]) => {
              if (isDead) throw new StoreError('closed', 'killed')
              const isLast = kill !== undefined && --kill.call === 0
              const isStored = kill?.isStored === true
              if (isLast) kill = undefined
              if (isLast && !isStored) isDead = true
              if (isDead) throw new StoreError('closed', 'killed')
              const result = await (method as (...all: unknown[]) => Promise<unknown>).apply(target, parameters)
              if (isLast) isDead = true
              if (isDead) throw new StoreError('closed', 'killed')
              return result
            }
          },
        })
        const channel: Channel = {
          name: 'mail',
          recipients: ['team@example.com'],
          concurrency: 4,
          deliver: async ({ notice, mayHaveArrived = false }) => {
            if (isDead) return { kind: 'retry', reason: 'killed' }
            const { escalation } = notice
            if (escalation !== undefined) {
              const { number, round: ownRound } = escalation
              for (const { incidentKey: key, round } of notice.incidents ?? [{ ...notice, round: ownRound }]) {
                arrived.push({ key, what: `${number - 1}.${round} at ${clock.ms / 1000}`, mayHaveArrived })
              }
            }
            return { kind: 'delivered' }
          },
          close: async () => {},
        }
        const routed = {
          channel,
          type: 'email' as const,
          severities: ['critical'] as const,
          fallback: false,
          quietHours: undefined,
        }
        const metrics = otelMetrics(metricsEndpoint().meter, ['mail'])
        const times = {
          ...shortTimes,
          fallbackAfterMs: 10 * 24 * 3_600_000,
          lastResortAfterMs: 10 * 24 * 3_600_000,
          beatEveryMs: 50,
          graceMs: 0,
        }
        const escalation = { steps, rotations: [] }
        const options = { store, channels: [routed], metrics, now, write: () => {}, times, escalation, reportsChannels: false }
        for (;;) {
          try {
            return { core: await startCore(options), store, isDead: () => isDead }
          } catch (error) {
            if (!isDead) throw error
            return await start()
          }
        }
      }

      /** Runs work until a bridge has done it: one that is killed is started again, as Alertmanager and people try again. */
      async function done<Result>(work: (running: Running) => Promise<Result>): Promise<Result> {
        for (;;) {
          try {
            if (!bridge.isDead()) return await work(bridge)
          } catch (error) {
            if (!bridge.isDead()) throw error
          }
          await bridge.core.close().catch(() => {})
          bridge = await start()
        }
      }

      async function settled(): Promise<void> {
        await eventually('all steps and deliveries to be done', () =>
          done(async ({ core, store }) => {
            core.wake()
            const next = (await store.nextStepAt()) ?? Number.POSITIVE_INFINITY
            return next > now() && (await store.countPending(1)) === 0
          }),
        )
      }

      const expectedOf = (index: number): Expected | undefined =>
        incidents.findLast((one) => one.group === index && one.state !== 'resolved')

      /** The steps that are due now. */
      function expectSteps(): void {
        for (const one of incidents) {
          while (one.state === 'open' && one.due !== undefined && one.due.dueAt <= now()) {
            const decision = decideStep(steps, { severity: 'critical', openedAt: one.openedAt }, one.due, now())
            if (decision.kind === 'send') one.sent.push(`${decision.step}.${decision.round} at ${now() / 1000}`)
            one.due = decision.kind === 'done' ? undefined : decision.next
          }
        }
      }

      async function happen(event: Event): Promise<void> {
        if (event.kind === 'kill') {
          kill = { call: event.call, isStored: event.isStored }
          return
        }
        if (event.kind === 'pass') {
          clock.ms += event.seconds * 1000
          return
        }
        // the key of an incident contains the time
        clock.ms += 1
        const name = `Group${event.group}`
        const known = expectedOf(event.group)
        if (event.kind === 'fire') {
          fires += 1
          const startsAt = new Date(clock.ms - fires).toISOString()
          await done(({ core }) => core.acceptGroup(firing({ name, severity: 'critical', startsAt }) as never))
          const begins = {
            state: 'open' as const,
            openedAt: now(),
            due: firstStep(steps, { severity: 'critical', openedAt: now() }),
          }
          if (known === undefined) {
            const one: Expected = { group: event.group, silencedUntil: 0, sent: [], ...begins }
            incidents.push(one)
            const [newest] = (await done(({ store }) => store.listIncidents({ isOpen: true }))).filter(
              ({ title }) => title === name,
            )
            keys.set(one, newest!.key)
          } else if (known.state === 'silenced' && known.silencedUntil <= now()) Object.assign(known, begins)
          return
        }
        if (known === undefined) return
        if (event.kind === 'resolve') {
          await done(({ core }) =>
            core.acceptGroup(
              resolved({ name, severity: 'critical', startsAt: new Date(clock.ms - fires).toISOString() }) as never,
            ),
          )
          known.state = 'resolved'
          return
        }
        const actor = { name: 'Ada', via: 'test' }
        const silences = { active: async () => [], create: async () => 'silence' }
        await done(({ store, core }) => {
          const actions = incidentActions({ store, now, silences, onStored: core.wake })
          const key = keys.get(known)!
          return event.kind === 'acknowledge'
            ? actions.acknowledge(key, actor)
            : actions.silence(key, actor, { minutes: 30, comment: 'known' })
        })
        const isSilent = known.state === 'silenced' && known.silencedUntil > now()
        if (event.kind === 'silence' && !isSilent) Object.assign(known, { state: 'silenced', silencedUntil: now() + 30 * 60_000 })
        else if (event.kind === 'acknowledge' && !isSilent) known.state = 'acknowledged'
      }

      try {
        for (const event of list) {
          await happen(event)
          if (event.kind === 'kill') continue
          await settled()
          expectSteps()
        }
        const found = incidents.map((one) => arrived.filter(({ key }) => key === keys.get(one)))
        // steps that are due at the same time, to different people, may arrive in either order
        expect(found.map((own) => [...new Set(own.map(({ what }) => what))].toSorted())).toEqual(
          incidents.map(({ sent }) => sent.toSorted()),
        )
        for (const own of found) {
          const again = own.filter(({ what }, index) => own.findIndex((other) => other.what === what) < index)
          // a message comes twice only if the bridge was killed while it was sent, and is then marked
          expect(again.every(({ mayHaveArrived }) => mayHaveArrived)).toBe(true)
        }
      } finally {
        kill = undefined
        await bridge.core.close().catch(() => {})
      }
    },
  )
}
