export type Phase = 'fired' | 'ended'

/** What a message tells people. */
export interface Told {
  readonly phases: readonly Phase[]
  readonly incidents: readonly string[]
}

/**
 * Reads what Alertmanager or the bridge wrote.
 * @param headline the first line, and for mail the sender too
 * @returns undefined where it is about something else, such as the bridge itself
 */
export function readMessage(headline: string, whole: string): Told | undefined {
  const phases = phasesOf(headline)
  const incidents = [...new Set(whole.match(/Incident\d\d/g))]
  return phases === undefined || incidents.length === 0 ? undefined : { phases, incidents }
}

function phasesOf(headline: string): readonly Phase[] | undefined {
  // the bridge's word for what fired and ended while nobody could be told
  if (/summary/i.test(headline)) return ['fired', 'ended']
  // a mail keeps the subject of the first one, so its end has to be looked for first
  if (/resolved/i.test(headline)) return ['ended']
  return /firing|critical/i.test(headline) ? ['fired'] : undefined
}
