import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { buildBridge } from '../bridge/bridge-program.ts'
import { type Part, whyNoDocker } from '../part.ts'
import { asciiTable } from '../table.ts'
import { type CaseResult, type CaseSetup, type ChannelCount, runCase, startCaseSetup } from './run-case.ts'
import type { ChannelName } from './fake-channels.ts'
import { type Fault, faults, incidents, noFault, type Notifier, timing } from './faults.ts'

/** The benchmark of delivery under faults: the same alerts, sent by Alertmanager itself and through the bridge. */
export const receivers: Part<ReceiversResult> = {
  name: 'receivers',
  cannotRun: ({ isShort }) => (isShort ? Promise.resolve('it takes seven minutes, too long for a short run') : whyNoDocker()),
  measure: () => measureReceivers(),
  section: receiversSection,
}

/** Messages from Alertmanager's own receivers and from the bridge, under the same faults. */
export interface ReceiversResult {
  readonly alertmanagerVersion: string
  readonly incidents: number
  readonly cases: readonly CaseResult[]
}

const bothNotifiers: readonly Notifier[] = ['Alertmanager', 'with the bridge']

/**
 * Runs every fault against both, about seven minutes. Needs Docker with the image of Alertmanager. Whatever it started is ended and
 * removed when it ends, fails or is interrupted; the first failure ends all.
 */
async function measureReceivers(): Promise<ReceiversResult> {
  const interrupted = new AbortController()
  const interrupt = (name: NodeJS.Signals): void => interrupted.abort(new Error(`interrupted by ${name}`))
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt)
  const { folder, cli } = await buildBridge()
  try {
    // the case without a fault runs alone
    const quiet = await runTogether([noFault], cli, interrupted)
    const cases = await runTogether(faults, cli, interrupted)
    return { alertmanagerVersion: quiet.version, incidents: incidents.length, cases: [...quiet.cases, ...cases.cases] }
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt)
    await rm(folder, { recursive: true })
  }
}

/** Runs the cases in parallel, once all are ready. */
async function runTogether(
  some: readonly Fault[],
  cli: string,
  interrupted: AbortController,
): Promise<{ readonly version: string; readonly cases: readonly CaseResult[] }> {
  const { signal } = interrupted
  await using started = new AsyncDisposableStack()
  const setups: CaseSetup[] = []
  for (const fault of some) {
    for (const notifier of fault.notifiers ?? bothNotifiers) {
      signal.throwIfAborted()
      setups.push(started.use(await startCaseSetup(fault, notifier, cli)))
    }
  }
  const runs = setups.map(async (setup, index) => {
    await delay(index * timing.staggerMs, undefined, { signal })
    return runCase(setup, signal)
  })
  for (const run of runs) run.catch((error: unknown) => interrupted.abort(error))
  const cases = await Promise.allSettled(runs)
  signal.throwIfAborted()
  return {
    version: setups[0]!.alertmanager.version,
    cases: cases.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
  }
}

/** One row for each case and channel that the fault concerns, or that lost or repeated something. */
function receiversTable({ cases }: ReceiversResult): string {
  return asciiTable(
    ['fault', 'sent by', 'channel', 'missing', 'no start', 'no end', 'repeated', 'refused', 'median s', 'most s', 'after s'],
    cases.flatMap((one) =>
      (['slack', 'mail'] as const)
        .filter((channel) => one.concerned.includes(channel) || !isPerfect(one.channels[channel]))
        .map((channel) => row(one, channel, one.channels[channel])),
    ),
  )
}

function isPerfect({ missingFiring, missingResolved, repeated }: ChannelCount): boolean {
  return missingFiring + missingResolved + repeated === 0
}

function row({ fault, notifier }: CaseResult, channel: ChannelName, count: ChannelCount): string[] {
  const { expected, missing, missingFiring, missingResolved, repeated, refused, seconds, secondsAfterFault } = count
  return [
    fault,
    notifier,
    channel,
    ...[missing, missingFiring, missingResolved].map((lost) => (lost === 0 ? '0' : `${lost}/${expected}`)),
    String(repeated),
    String(refused),
    ...[seconds?.median, seconds?.most, secondsAfterFault].map((value) => value?.toFixed(1) ?? '-'),
  ]
}

/** The section of docs/benchmarks.md about delivery under faults. */
function receiversSection(result: ReceiversResult): string {
  const { alertmanagerVersion, incidents, cases } = result
  return `## Delivery under faults

\`\`\`
${receiversTable(result)}
\`\`\`

The same ${incidents} critical alerts, each a group of its own, that fire at once, under the same faults, sent by mail and Slack: by Alertmanager ${alertmanagerVersion}
itself (\`email_configs\`, \`slack_configs\` with a timeout of 10 s, both with \`send_resolved\`), and by the same Alertmanager through the bridge. Alertmanager
and Prometheus have the intervals of production for critical alerts (\`group_interval\` ${timing.groupIntervalSeconds} s, all alerts sent again every ${timing.resendMs / 1000} s), but \`group_wait\` is
${timing.groupWaitSeconds} s for both, not 30 s; the bridge has its defaults. A fault begins before the alerts and lasts ${timing.faultMs / 1000} s; "one a second" and 550 last to the end. A
program is killed with SIGKILL when Slack, which takes 250 ms a message there, has shown half of the messages, and starts again ${timing.downMs / 1000} s later. The alerts
are resolved ${timing.recoveryMs / 1000} s after the fault, or in the middle of it where the name of the fault mentions it. Mail goes to one address, with 550 to three, one of which
does not exist and is not counted; Alertmanager has them in one list or in an entry each.

"Missing": no message about the alert at all. "No start", "no end": no message that it fired or was resolved; one message of the bridge may report both of
many alerts. "Repeated": further messages with the same content for the same recipient. "Refused": attempts that the channel did not accept. "Median",
"most": from Alertmanager's acceptance of the alert to the first accepted message about it. "After": from the end of the fault until there was a message
about each alert. The channel without a fault is shown where it lost or repeated something. Of the repeated mails ${repeatedMails(cases.filter((one) => !isBridge(one)))} of Alertmanager and ${repeatedMails(cases.filter(isBridge))}
of the bridge carried the Message-ID of the first, by which mail systems can recognize them.

While an alert fires, Alertmanager keeps trying: within the minute after a 5xx or a lost connection, with the next group_interval after anything else. It
does not report an alert that is resolved by then, an alert that it lost when it was killed, or any alert to a list in which one address is wrong. The bridge
pauses a failing channel for 15, 30, 60 s and so on, and sends Slack at most one message a second after the first five; an alert that Alertmanager did
not pass on cannot be reported by the bridge either.
`
}

function isBridge({ notifier }: CaseResult): boolean {
  return notifier === 'with the bridge'
}

/** `3 of 7` repeated mails that have the Message-ID of an earlier one. */
function repeatedMails(cases: readonly CaseResult[]): string {
  const counts = cases.map(({ channels }) => channels.mail)
  const sum = (of: (count: ChannelCount) => number): number => counts.reduce((all, count) => all + of(count), 0)
  return `${sum(({ repeatedWithSameId }) => repeatedWithSameId)} of ${sum(({ repeated }) => repeated)}`
}
