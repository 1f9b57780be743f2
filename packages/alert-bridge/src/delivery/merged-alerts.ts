import type { Notice, NoticeAlert } from '../message/notice.ts'

/** How many alerts a notice that stands for others shows by name. */
const mostAlerts = 100

/** The alerts of some notices: of the same alert the last state, firing first, and how many were left out. */
export function mergedAlerts(notices: readonly Notice[]): Pick<Notice, 'alerts' | 'truncatedAlerts'> {
  const last = new Map<string, NoticeAlert>()
  for (const { alerts } of notices) for (const alert of alerts) last.set(identity(alert), alert)
  const all = [...last.values()]
  const alerts = [...all.filter(({ status }) => status === 'firing'), ...all.filter(({ status }) => status === 'resolved')]
  const left = Math.max(alerts.length - mostAlerts, 0) + notices.reduce((sum, one) => sum + (one.truncatedAlerts ?? 0), 0)
  return { alerts: alerts.slice(0, mostAlerts), ...(left > 0 && { truncatedAlerts: left }) }
}

function identity({ labels }: NoticeAlert): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
