import { maxDetails, repeatedMeta, type Meta } from '../message/meta-notices.ts'
import type { MetaState, MetaStates, Store } from '../outbox/store.ts'

/** The same problem is reported once in this time, so that many occurrences do not become many messages. */
export const metaWindowMs: number = 5 * 60_000
/** The end of a problem that began longer ago is not reported. */
const longestOpenMs = 90 * 24 * 3_600_000

/** Reports of the bridge about itself. */
export interface MetaReports {
  /**
   * Reports a problem at once, or at the end of the window if the same problem was reported within five minutes. The end of a problem is
   * reported only if its beginning was. Resolves when the report, or its held state, is on disk; never rejects.
   */
  readonly report: (meta: Meta, except?: string) => Promise<void>
  /** Keys of the problems whose beginning was reported, also by an earlier process, and whose end was not. */
  readonly openReports: () => readonly string[]
  /** Reads again what other bridges reported, if they share the store. */
  readonly refresh: () => Promise<void>
  readonly stop: () => void
}

/** Options for {@link startMetaReports}. */
export interface MetaReportsOptions {
  readonly store: MetaStates & Pick<Store, 'sharing'>
  readonly now: () => number
  /** Stores a report for delivery, once for each key; rejects when it could not be stored. */
  readonly accept: (meta: Meta, except?: string, key?: string) => Promise<void>
  /** Called with a report that could not be stored. */
  readonly onUnstored: (meta: Meta) => void
  /** How often to look whether a window has ended while reports are held. @default 1 s */
  readonly lookEveryMs?: number
}

/** How often to look for reports that another bridge held. */
const lookAtOthersEveryMs = 5_000

/** Continues with the reports that an earlier process held. Bridges that share the store report each problem once. */
export async function startMetaReports({
  store,
  now,
  accept,
  onUnstored,
  lookEveryMs = 1_000,
}: MetaReportsOptions): Promise<MetaReports> {
  const { sharing } = store
  const states = new Map((await store.metaStates()).map((state) => [state.key, state]))
  // known only to this process, because the store could not be written
  const unsaved = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  arm()

  async function refresh(): Promise<void> {
    if (sharing === undefined) return
    const stored = await store.metaStates().catch(() => undefined)
    if (stored === undefined) return
    for (const key of states.keys()) if (!unsaved.has(key)) states.delete(key)
    for (const state of stored) if (!unsaved.has(state.key)) states.set(state.key, state)
  }

  /** Lets no other bridge report the same problem meanwhile. */
  function alone(key: string, work: () => Promise<void>): Promise<void> {
    if (sharing === undefined) return work()
    return sharing.exclusively(`meta:${key}`, async () => {
      await refresh()
      await work()
    })
  }

  async function reportAlone(meta: Meta, except?: string): Promise<void> {
    const last = states.get(meta.key)
    if (meta.isOver === true) return end(meta, last, except)
    if (last === undefined || (isWindowOver(last) && last.held === undefined)) {
      return send(meta, except, { key: meta.key, reportedAt: now(), isOpen: true }, meta.occurrence)
    }
    const { count = 0, details = [] } = last.held ?? {}
    const held = {
      count: count + 1,
      details: meta.detail === undefined || details.length >= maxDetails ? details : [...details, meta.detail],
      isOver: false,
      meta,
      except,
    }
    await keep({ ...last, held })
  }

  async function end(meta: Meta, last: MetaState | undefined, except: string | undefined): Promise<void> {
    if (last === undefined) return
    const held = last.held && { ...last.held, isOver: true }
    const next = { ...last, isOpen: false, held }
    // known also to a process that starts after a crash, unlike the time of the end
    const occurrence = meta.occurrence === undefined ? undefined : `end of ${last.reportedAt}`
    if (last.isOpen) await send(meta, except, next, occurrence)
    else if (held) await keep(next)
  }

  /** Sends the report and remembers that. A report that could not be stored is sent at the end of the window. */
  async function send(meta: Meta, except: string | undefined, next: MetaState, occurrence?: string): Promise<void> {
    states.set(next.key, next)
    try {
      await (occurrence === undefined ? accept(meta, except) : accept(meta, except, `${meta.key}:${occurrence}`))
      await keep(states.get(next.key) ?? next)
    } catch {
      onUnstored(meta)
      const current = states.get(next.key) ?? next
      const unstored = { count: 0, details: [], isOver: meta.isOver === true, meta, except }
      await keep({ ...current, held: current.held ?? unstored })
    }
  }

  async function keep(state: MetaState): Promise<void> {
    states.set(state.key, state)
    arm()
    await forgetOld()
    // without the disk, the state lives as long as this process
    await store.saveMetaState(state).then(
      () => unsaved.delete(state.key),
      () => unsaved.add(state.key),
    )
  }

  function isWindowOver({ reportedAt }: MetaState): boolean {
    // a clock that was set back while the bridge was down must not suppress reports
    return Math.abs(now() - reportedAt) >= metaWindowMs
  }

  function arm(): void {
    const hasHeld = [...states.values()].some(({ held }) => held !== undefined)
    if (isStopped || timer !== undefined || (!hasHeld && sharing === undefined)) return
    timer = setTimeout(() => void look().finally(arm), hasHeld ? lookEveryMs : lookAtOthersEveryMs)
  }

  async function look(): Promise<void> {
    timer = undefined
    await refresh()
    for (const { key } of [...states.values()].filter(isDue)) await alone(key, () => sendHeld(key))
  }

  function isDue(state: MetaState): boolean {
    return state.held !== undefined && isWindowOver(state)
  }

  async function sendHeld(key: string): Promise<void> {
    const state = states.get(key)
    if (state?.held === undefined || !isDue(state)) return
    const { held, reportedAt } = state
    await send(summaryOf(held, reportedAt), held.except, { key, reportedAt: now(), isOpen: !held.isOver })
  }

  async function forgetOld(): Promise<void> {
    for (const state of states.values()) {
      const isOld = state.isOpen ? Math.abs(now() - state.reportedAt) > longestOpenMs : isWindowOver(state)
      if (!isOld || state.held !== undefined) continue
      states.delete(state.key)
      await store.forgetMetaState(state.key).catch(() => {})
    }
  }

  return {
    report: (meta, except) => alone(meta.key, () => reportAlone(meta, except)),
    refresh,
    openReports: () => [...states.values()].flatMap(({ key, isOpen }) => (isOpen ? [key] : [])),
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function summaryOf({ count, details, isOver, meta }: NonNullable<MetaState['held']>, since: number): Meta {
  return count === 0 ? meta : repeatedMeta(meta, { count, details, isOver, since })
}
