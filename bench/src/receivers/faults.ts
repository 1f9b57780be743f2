import type { ChannelName, MailFault, SlackAnswer } from './fake-channels.ts'

/** The sender of the messages; the second one has an `email_configs` entry for each address instead of one for all. */
export type Notifier = 'Alertmanager' | 'Alertmanager, an entry each' | 'with the bridge'

/** Something that goes wrong. */
export interface Fault {
  readonly name: string
  /** The channels that it concerns. */
  readonly channels: readonly ChannelName[]
  /** Makes Slack's answers while it lasts. */
  readonly slack?: () => () => SlackAnswer
  readonly mail?: MailFault
  /** The program that is killed when Slack has shown half of the messages, at 250 ms for each. */
  readonly kills?: 'alertmanager' | 'bridge'
  /** Whether it ends during the case. @default true */
  readonly isTemporary?: boolean
  /** Whether the alerts end in the middle of it. @default false */
  readonly outlastsAlerts?: boolean
  /** Mail addresses. @default one address */
  readonly recipients?: readonly string[]
  /** @default Alertmanager, and the bridge */
  readonly notifiers?: readonly Notifier[]
}

const html = '<!DOCTYPE html><html><body>Slack is down for maintenance</body></html>'
const serverError = (): SlackAnswer => ({ status: 500, body: 'rollup_error' })
export const goneRecipient = 'gone@example.com'

export const noFault: Fault = { name: 'none', channels: ['slack', 'mail'], isTemporary: false }

export const faults: readonly Fault[] = [
  { name: 'Slack: 500', channels: ['slack'], slack: () => serverError },
  {
    name: 'Slack: 429, Retry-After 30',
    channels: ['slack'],
    slack: () => () => ({ status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } }),
  },
  { name: 'Slack: one a second, 429 beyond', channels: ['slack'], slack: oneASecond, isTemporary: false },
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
    isTemporary: false,
    notifiers: ['Alertmanager', 'Alertmanager, an entry each', 'with the bridge'],
  },
  { name: 'mail: taken, hangs up', channels: ['mail'], mail: { hangsUpAfterData: true } },
  { name: 'Alertmanager killed', channels: ['slack', 'mail'], kills: 'alertmanager' },
  {
    name: 'Alertmanager killed, alerts end meanwhile',
    channels: ['slack', 'mail'],
    kills: 'alertmanager',
    outlastsAlerts: true,
  },
  { name: 'bridge killed', channels: ['slack', 'mail'], kills: 'bridge', notifiers: ['with the bridge'] },
]

/** The limit that Slack documents for a channel: about one message a second, with short bursts. */
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

/** The alerts of each case: each is a group of its own. */
export const incidents: readonly string[] = Array.from(
  { length: 20 },
  (_, index) => `Incident${String(index + 1).padStart(2, '0')}`,
)

/** The waits of a case, the same for both notifiers: those of production for critical alerts, except `group_wait`, which is 30 s there. */
export const timing = {
  groupWaitSeconds: 1,
  groupIntervalSeconds: 60,
  /** The interval at which Prometheus sends firing and resolved alerts again: its default. */
  resendMs: 60_000,
  /** Duration of a fault; it ends in the middle of a group_interval. */
  faultMs: 90_000,
  /** From the SIGKILL to the next start. */
  downMs: 10_000,
  /** From the end of the fault to that of the alerts: more than a group_interval. */
  recoveryMs: 75_000,
  /** Limit for outstanding messages after the end of the fault and of the alerts: more than two group_intervals. */
  patienceMs: 130_000,
  /** Time after the last expected message, for repeated ones to arrive. */
  settleMs: 15_000,
  /** Between the starts of two cases that run in parallel, so that they do not all send at the same moment. */
  staggerMs: 1_500,
} as const
