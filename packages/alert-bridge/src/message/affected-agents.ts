import { cleanLine } from './clean-text.ts'
import type { Notice, NoticeAlert } from './notice.ts'

/** The name of the agent that an alert speaks of. */
export function agentOf({ labels }: NoticeAlert): string | undefined {
  const name = cleanLine(labels['agent_name'] ?? '', 80)
  return name === '' ? undefined : name
}

/** The agents of a notice, each once: those of what still fires, or of all when nothing does. */
export function affectedAgents({ alerts }: Notice): string[] {
  const firing = alerts.filter(({ status }) => status === 'firing')
  const agents = (firing.length > 0 ? firing : alerts).flatMap((alert) => agentOf(alert) ?? [])
  return [...new Set(agents)]
}

/** `a, b, c and 4 more`. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ')
}
