import type { Secret } from '@swarmwatch/config'

import type { Notice, NoticeButton } from '../message/notice.ts'
import { readSigned, type ReadSigned, signValue } from './signed-values.ts'

/** Actions of a person on an incident, as they appear in addresses. */
export const actionNames = ['ack', 'silence', 'resolve'] as const
export type ActionName = (typeof actionNames)[number]

/** Settings of the links in messages. */
export interface ActionLinkSettings {
  /** Address of the bridge for people. */
  readonly publicUrl: string
  /** The first one signs; all are accepted. */
  readonly secrets: readonly Secret[]
  /** Whether there is a list of incidents. */
  readonly hasList: boolean
  /** Whether there is an Alertmanager that can silence. */
  readonly canSilence: boolean
  /** Time for which a link is valid. */
  readonly lifeMs: number
}

/** Whether an incident can be silenced: Grafana does not ask Alertmanager before it notifies. */
export function isSilenceable(notice: Pick<Notice, 'links'> | undefined): boolean {
  return notice?.links?.['grafana'] === undefined
}

/** Adds the links of the actions that are possible to a notice, when it is delivered. `forButtons`: Slack accepts its buttons. */
export function withActions(notice: Notice, settings: ActionLinkSettings, now: number, forButtons = false): Notice {
  const actions = actionsOf(notice, settings)
  if (actions.length === 0) return notice
  // a whole hour, so that the attempts of one delivery have the same links
  const expiresAt = Math.ceil((now + settings.lifeMs) / hourMs) * hourMs
  const tokenOf = (action: ActionName, key: string): string =>
    signValue('link', { subject: action, text: key, expiresAt }, settings.secrets)
  const base = settings.publicUrl.replace(/\/*$/, '')
  if (notice.incidents !== undefined) {
    const numbered = notice.incidents
      .slice(0, maxNumbered)
      .map(({ incidentKey }, index) => [`Acknowledge ${index + 1}`, `${base}/ack/${tokenOf('ack', incidentKey)}`] as const)
    const list = settings.hasList ? { incidents: `${base}/` } : {}
    return { ...notice, links: { ...notice.links, ...list, ...Object.fromEntries(numbered) } }
  }
  const tokens = actions.map((action) => [action, tokenOf(action, notice.incidentKey)] as const)
  const urls = tokens.map(([action, token]) => [linkNames[action], `${base}/${action}/${token}`] as const)
  return {
    ...notice,
    links: { ...notice.links, ...Object.fromEntries(urls) },
    ...(forButtons && { buttons: tokens.map(([action, value]) => buttonOf(action, value, base)) }),
  }
}

const hourMs = 3_600_000
/** Incidents of a message that have a link; the others are on the list. */
const maxNumbered = 6

/** Names of the links of a notice. */
const linkNames = { ack: 'acknowledge', silence: 'silence', resolve: 'resolve' } as const

function actionsOf(notice: Notice, { canSilence }: ActionLinkSettings): ActionName[] {
  const { kind, silencedUntil } = notice
  const isOpen = kind === 'firing' || kind === 'repeat' || kind === 'escalation'
  if (!isOpen && kind !== 'acknowledged') return []
  const canBeSilenced = canSilence && silencedUntil === undefined && isSilenceable(notice)
  return [...(isOpen ? (['ack'] as const) : []), ...(canBeSilenced ? (['silence'] as const) : []), 'resolve']
}

/** A silence needs a duration, so its button opens the page. */
function buttonOf(action: ActionName, value: string, base: string): NoticeButton {
  return { action, value, ...(action === 'silence' && { url: `${base}/${action}/${value}` }) }
}

/** Reads the token of a link or of a button; `text` is the key of the incident. */
export function readActionToken(
  token: string,
  action: ActionName,
  { secrets, now }: { readonly secrets: readonly Secret[]; readonly now: number },
): ReadSigned {
  return readSigned('link', { value: token, subject: action, now }, secrets)
}
