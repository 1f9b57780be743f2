import type { Meta } from './meta-notice.ts'

/** The same trouble is said once in this time, so that a flood of it is not a flood of messages. */
const onceInMs = 5 * 60_000

/** Whether to say it: trouble at most once in five minutes, its end only if its beginning was said. */
export function metaThrottle(now: () => number): (meta: Pick<Meta, 'key' | 'isOver'>) => boolean {
  const said = new Map<string, { at: number; isOpen: boolean }>()
  return ({ key, isOver = false }) => {
    const last = said.get(key)
    if (isOver) {
      if (last === undefined || !last.isOpen) return false
      said.set(key, { ...last, isOpen: false })
      return true
    }
    if (last !== undefined && now() - last.at < onceInMs) return false
    said.set(key, { at: now(), isOpen: true })
    return true
  }
}
