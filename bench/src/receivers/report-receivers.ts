import { asciiTable } from '../table.ts'
import type { ChannelCount } from './count-told.ts'
import type { ReceiversResult } from './measure-receivers.ts'
import { pace } from './pace.ts'
import type { CaseResult } from './run-case.ts'
import type { ChannelName } from './told-log.ts'

/** One row for each case and channel that the fault concerns, or that lost or repeated something. */
function receiversTable({ cases }: ReceiversResult): string {
  return asciiTable(
    ['fault', 'told by', 'channel', 'unheard', 'no start', 'no end', 'surplus', 'refused', 'median s', 'most s', 'after s'],
    cases.flatMap((one) =>
      (['slack', 'mail'] as const)
        .filter((channel) => one.concerned.includes(channel) || !isPerfect(one.channels[channel]))
        .map((channel) => row(one, channel, one.channels[channel])),
    ),
  )
}

function isPerfect({ startUntold, endUntold, surplus }: ChannelCount): boolean {
  return startUntold + endUntold + surplus === 0
}

function row({ fault, teller }: CaseResult, channel: ChannelName, count: ChannelCount): string[] {
  const { expected, unheard, startUntold, endUntold, surplus, refused, seconds, secondsAfterFault } = count
  return [
    fault,
    teller,
    channel,
    ...[unheard, startUntold, endUntold].map((lost) => (lost === 0 ? '0' : `${lost}/${expected}`)),
    String(surplus),
    String(refused),
    ...[seconds?.median, seconds?.most, secondsAfterFault].map((value) => value?.toFixed(1) ?? '-'),
  ]
}

/** The part of docs/benchmarks.md about who tells people. */
export function receiversSection(result: ReceiversResult): string {
  const { alertmanagerVersion, incidents, cases } = result
  return `## Who tells people

\`\`\`
${receiversTable(result)}
\`\`\`

The same ${incidents} critical alerts, each a group of its own, that fire at once, under the same faults, told by mail and Slack: by Alertmanager ${alertmanagerVersion}
itself (\`email_configs\`, \`slack_configs\` with a timeout of 10 s, both with \`send_resolved\`), and by the same Alertmanager through the bridge. Alertmanager
and Prometheus keep the times of production for critical alerts (\`group_interval\` ${pace.groupIntervalSeconds} s, all said again every ${pace.resendMs / 1000} s), but \`group_wait\` is ${pace.groupWaitSeconds} s
for both, not 30 s; the bridge has its defaults. A fault begins before the alerts and lasts ${pace.faultMs / 1000} s; those of "one a second" and 550 stay. What is killed is
killed with SIGKILL when Slack, which takes 250 ms a message there, has shown half, and starts again ${pace.downMs / 1000} s later. The alerts end ${pace.recoveryMs / 1000} s after the fault,
or in the middle of it where that is said. Mail goes to one address, with 550 to three, one of which does not exist and is not counted; Alertmanager has
them in one list or in an entry each.

"Unheard": nothing was ever said of the alert. "No start", "no end": not that it fired, not that it ended; one message of the bridge may say both of many.
"Surplus": messages that said the same to the same recipient again. "Refused": tries that the channel did not take. "Median", "most": from
Alertmanager's acceptance of the alert to the first message about it that the channel took. "After": from the end of the fault until all were told of. The
channel without a fault is shown where it lost or repeated something. Of the surplus mails ${foldable(cases.filter((one) => !isBridge(one)))} of Alertmanager and ${foldable(cases.filter(isBridge))} of the
bridge carried the Message-ID of the first, by which mail systems can know them.

As long as an alert goes on Alertmanager keeps trying: within the minute after a 5xx or a lost connection, with the next group_interval after anything else. It
cannot tell what is over by then, what it forgot when it was killed, or anybody of a list in which one address is wrong. The bridge gives a channel that is
down a rest of 15, 30, 60 s and so on, and sends Slack no more than one message a second after the first five; what Alertmanager did not pass on it
cannot tell either.
`
}

function isBridge({ teller }: CaseResult): boolean {
  return teller === 'with the bridge'
}

/** `3 of 7` surplus mails that have the Message-ID of an earlier one. */
function foldable(cases: readonly CaseResult[]): string {
  const counts = cases.map(({ channels }) => channels.mail)
  const sum = (of: (count: ChannelCount) => number): number => counts.reduce((all, count) => all + of(count), 0)
  return `${sum(({ surplusOfSameId }) => surplusOfSameId)} of ${sum(({ surplus }) => surplus)}`
}
