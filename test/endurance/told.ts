import { mailTexts, type ProductionStack } from '@swarmwatch/testkit/stack'

import type { FiredAlert } from './watch-alerts.ts'

/** What became of an alert: a mail, the reason why there was none by design, that it was lost, or that one came by mistake. */
export type Fate = 'mailed' | 'muted' | 'too short' | 'NOT TOLD' | 'TOLD THOUGH MUTED'

/** Alertmanager tells a group after 30 s, and the next time, where all of it was muted before, five minutes later. */
const groupWaitSeconds = 30
const groupIntervalSeconds = 300
const evaluatedEverySeconds = 30

/** Looks through the mailbox for each of the alerts: in a subject of its own, or in the list of a digest. */
export async function fatesOf(stack: ProductionStack, fired: readonly FiredAlert[]): Promise<ReadonlyMap<FiredAlert, Fate>> {
  const texts = await mailTexts(stack)
  const isMailed = ({ name, about }: FiredAlert): boolean =>
    texts.some((text) => text.split('\n').some((line) => line.includes(name)) && text.includes(about))
  return new Map(fired.map((alert) => [alert, isMailed(alert) ? whetherDue(alert) : whyNot(alert)]))
}

/** Unmuted for the moment in which Alertmanager came back and had not heard of everything. */
function whetherDue({ wasMuted, unmutedSeconds }: FiredAlert): Fate {
  return wasMuted && unmutedSeconds < groupWaitSeconds ? 'TOLD THOUGH MUTED' : 'mailed'
}

function whyNot({ wasMuted, unmutedSeconds, firedSeconds }: FiredAlert): Fate {
  if (wasMuted && unmutedSeconds < groupIntervalSeconds) return 'muted'
  return firedSeconds <= groupWaitSeconds + evaluatedEverySeconds ? 'too short' : 'NOT TOLD'
}
