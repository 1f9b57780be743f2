import { listed } from '../message/alert-labels.ts'
import type { Meta } from '../message/meta-notices.ts'
import { utcTime } from '../message/notice-times.ts'
import type { MetaState, Store } from '../outbox/store.ts'

/** The same trouble is reported once in this time, so that a flood of it is not a flood of messages. */
export const metaWindowMs: number = 5 * 60_000
/** The end of trouble that began longer ago is not reported. */
const longestOpenMs = 90 * 24 * 3_600_000
/** A report names at most this many details, such as ids; it still counts all of them. */
const maxDetails = 20

/** Reports of the bridge about itself. */
export interface MetaReports {
  /**
   * Reports trouble at once, or at the end of the window if the same trouble was reported within five minutes. The end of trouble is
   * reported only if its beginning was. Resolves when the report, or that it is held, is on disk; never rejects.
   */
  readonly report: (meta: Meta, except?: string) => Promise<void>
  readonly stop: () => void
}

/** What reports need of the bridge. */
export interface MetaReportsOptions {
  readonly store: Pick<Store, 'metaStates' | 'saveMetaState' | 'forgetMetaState'>
  readonly now: () => number
  /** Keeps a report for delivery; rejects when it could not be stored. */
  readonly tell: (meta: Meta, except?: string) => Promise<void>
  /** Called with a report that could not be stored. */
  readonly onUntold: (meta: Meta) => void
  /** How often to look whether a window has ended while reports are held. @default 1 s */
  readonly lookEveryMs?: number
}

/** Starts with what an earlier process held back and did not report. */
export async function startMetaReports({
  store,
  now,
  tell,
  onUntold,
  lookEveryMs = 1_000,
}: MetaReportsOptions): Promise<MetaReports> {
  const states = new Map((await store.metaStates()).map((state) => [state.key, state]))
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  arm()

  async function report(meta: Meta, except?: string): Promise<void> {
    const last = states.get(meta.key)
    if (meta.isOver === true) return end(meta, last, except)
    if (last === undefined || (isWindowOver(last) && last.held === undefined)) {
      return send(meta, except, { key: meta.key, saidAt: now(), isOpen: true })
    }
    const { count = 0, details = [] } = last.held ?? {}
    const held = {
      count: count + 1,
      details: meta.detail === undefined || details.length >= maxDetails ? details : [...details, meta.detail],
      isOver: false,
      meta,
      ...(except !== undefined && { except }),
    }
    await keep({ ...last, held })
  }

  async function end(meta: Meta, last: MetaState | undefined, except: string | undefined): Promise<void> {
    if (last === undefined) return
    const held = last.held && { ...last.held, isOver: true }
    const next = { ...last, isOpen: false, ...(held && { held }) }
    if (last.isOpen) await send(meta, except, next)
    else if (held) await keep(next)
  }

  /** Sends the report, and remembers that; what could not be stored is sent at the end of the window. */
  async function send(meta: Meta, except: string | undefined, next: MetaState): Promise<void> {
    states.set(next.key, next)
    try {
      await tell(meta, except)
      await keep(states.get(next.key) ?? next)
    } catch {
      onUntold(meta)
      const current = states.get(next.key) ?? next
      const untold = { count: 0, details: [], isOver: meta.isOver === true, meta, ...(except !== undefined && { except }) }
      await keep({ ...current, held: current.held ?? untold })
    }
  }

  async function keep(state: MetaState): Promise<void> {
    states.set(state.key, state)
    arm()
    await forgetOld()
    // without the disk it is still remembered as long as this process lives
    await store.saveMetaState(state).catch(() => {})
  }

  function isWindowOver({ saidAt }: MetaState): boolean {
    // a clock that was set back while the bridge was down must not keep it silent
    return Math.abs(now() - saidAt) >= metaWindowMs
  }

  function arm(): void {
    if (isStopped || timer !== undefined || ![...states.values()].some(({ held }) => held !== undefined)) return
    timer = setTimeout(() => void look().finally(arm), lookEveryMs)
  }

  async function look(): Promise<void> {
    timer = undefined
    for (const { key, saidAt, held } of [...states.values()].filter(isWindowOver)) {
      if (held !== undefined) await send(summaryOf(held, saidAt), held.except, { key, saidAt: now(), isOpen: !held.isOver })
    }
  }

  async function forgetOld(): Promise<void> {
    for (const state of states.values()) {
      const isOld = state.isOpen ? Math.abs(now() - state.saidAt) > longestOpenMs : isWindowOver(state)
      if (!isOld || state.held !== undefined) continue
      states.delete(state.key)
      await store.forgetMetaState(state.key).catch(() => {})
    }
  }

  return {
    report,
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function summaryOf({ count, details, isOver, meta }: NonNullable<MetaState['held']>, saidAt: number): Meta {
  if (count === 0) return meta
  const times = `${count} more ${count === 1 ? 'time' : 'times'}`
  const missing = Math.max(count - details.length, 0)
  const ids = details.length === 0 ? '' : `: ${listed(details, maxDetails)}${missing === 0 ? '' : ` and ${missing} more`}`
  const sentences = [
    `This happened ${times} since ${utcTime(new Date(saidAt).toISOString())}${ids}.`,
    isOver ? 'It is resolved now.' : '',
    `The last one: ${meta.text}`,
  ]
  return { ...meta, title: `${meta.title} (${times})`, text: sentences.filter((one) => one !== '').join('\n'), isOver }
}
