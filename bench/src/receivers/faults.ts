import type { MailTrouble } from './mail-sink.ts'
import type { SlackAnswer } from './slack-sink.ts'
import type { ChannelName } from './told-log.ts'

/** Who tells people; the second has an `email_configs` entry for each address in place of one for all. */
export type Teller = 'Alertmanager' | 'Alertmanager, an entry each' | 'with the bridge'

/** Something that goes wrong. */
export interface Fault {
  readonly name: string
  /** The channels that it concerns. */
  readonly channels: readonly ChannelName[]
  /** Makes Slack's answers while it lasts. */
  readonly slack?: () => () => SlackAnswer
  readonly mail?: MailTrouble
  /** What is killed when Slack has shown half of the messages, while it takes 250 ms for each. */
  readonly kills?: 'alertmanager' | 'bridge'
  /** Whether it is over at some time. @default true */
  readonly isPassing?: boolean
  /** Whether the alerts end in the middle of it. @default false */
  readonly outlastsAlerts?: boolean
  /** Who gets mail. @default one address */
  readonly recipients?: readonly string[]
  /** @default Alertmanager, and the bridge */
  readonly tellers?: readonly Teller[]
}

const html = '<!DOCTYPE html><html><body>Slack is down for maintenance</body></html>'
const serverError = (): SlackAnswer => ({ status: 500, body: 'rollup_error' })
export const goneRecipient = 'gone@example.com'

export const noFault: Fault = { name: 'none', channels: ['slack', 'mail'], isPassing: false }

export const faults: readonly Fault[] = [
  { name: 'Slack: 500', channels: ['slack'], slack: () => serverError },
  {
    name: 'Slack: 429, Retry-After 30',
    channels: ['slack'],
    slack: () => () => ({ status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } }),
  },
  { name: 'Slack: one a second, 429 beyond', channels: ['slack'], slack: oneASecond, isPassing: false },
  {
    name: 'Slack: 200 {"ok":false}',
    channels: ['slack'],
    slack: () => () => ({
      status: 200,
      body: '{"ok":false,"error":"internal_error"}',
      headers: { 'content-type': 'application/json' },
    }),
  },
  {
    name: 'Slack: 200 and a page',
    channels: ['slack'],
    slack: () => () => ({ status: 200, body: html, headers: { 'content-type': 'text/html' } }),
  },
  { name: 'Slack: never answers', channels: ['slack'], slack: () => () => 'silence' },
  { name: 'Slack: 500, alerts end meanwhile', channels: ['slack'], slack: () => serverError, outlastsAlerts: true },
  { name: 'mail: 451', channels: ['mail'], mail: { refuses: () => ({ code: 451, words: 'greylisted, try again later' }) } },
  {
    name: 'mail: 550 for one of three',
    channels: ['mail'],
    mail: { refuses: (address) => (address === goneRecipient ? { code: 550, words: 'no such user' } : undefined) },
    recipients: ['first@example.com', goneRecipient, 'last@example.com'],
    isPassing: false,
    tellers: ['Alertmanager', 'Alertmanager, an entry each', 'with the bridge'],
  },
  { name: 'mail: taken, hangs up', channels: ['mail'], mail: { hangsUpAfterData: true } },
  { name: 'Alertmanager killed', channels: ['slack', 'mail'], kills: 'alertmanager' },
  {
    name: 'Alertmanager killed, alerts end meanwhile',
    channels: ['slack', 'mail'],
    kills: 'alertmanager',
    outlastsAlerts: true,
  },
  { name: 'bridge killed', channels: ['slack', 'mail'], kills: 'bridge', tellers: ['with the bridge'] },
]

/** What Slack documents for a channel: about one message a second, with short bursts. */
function oneASecond(): () => SlackAnswer {
  const burst = 10
  let tokens = burst
  let at = performance.now()
  return () => {
    const now = performance.now()
    tokens = Math.min(tokens + (now - at) / 1000, burst)
    at = now
    if (tokens < 1) return { status: 429, body: 'rate_limited', headers: { 'retry-after': '1' } }
    tokens -= 1
    return 'shown'
  }
}
