import { from, scraped } from '../../component.ts'
import { promql } from '../../promql.ts'
import { series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofJobs } from '../selectors.ts'

/** The whole way in five panels: from an agent's sample to a message and its reader. */
export const arrival: Row = {
  title: 'From agents to people',
  panels: [
    {
      shows: 'timeline',
      title: 'Reachability',
      question: 'Which component could not be reached?',
      description: 'Whether the last scrape of each component worked. TargetDown and BridgeDown fire when it does not.',
      unit: 'none',
      queries: { up: { expr: `min by (job) (up{${scraped}})`, legend: '{{job}}' } },
      states: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } },
      span: 12,
    },
    {
      shows: 'number',
      title: 'Oldest telemetry',
      question: 'How old is the newest telemetry of the job that is longest silent?',
      description: 'Time since the last sample of the runs arrived. AgentTelemetryAbsent fires when there is none any more.',
      unit: 's',
      queries: {
        age: {
          expr: promql`
            time()
              - min(
                max by (job) (
                  timestamp(${series.executions}${ofJobs()})
                )
              )`,
          legend: 'age',
        },
      },
      min: 0,
      span: 6,
      whenEmpty: 'No agents',
    },
    {
      shows: 'number',
      title: 'Telemetry errors',
      question: 'Which errors of telemetry were swallowed?',
      description: 'Errors in our own code in the last hour that agents did not see. Any is a bug: the label `where` says where.',
      unit: 'none',
      queries: { trips: { expr: `sum(increase(${series.guardTrips}${ofJobs()}[1h])) or vector(0)`, legend: 'errors' } },
      limits: limits.anyTelemetryError,
      decimals: 0,
      min: 0,
      span: 6,
    },
    {
      shows: 'number',
      title: 'Watchdog age',
      question: 'Does the Watchdog arrive?',
      description:
        'Time since the alert that always fires reached the bridge. Beyond the limit the bridge itself raises an alert.',
      unit: 's',
      queries: { age: { expr: `max(bridge_watchdog_age_seconds{${from.bridge}})`, legend: 'age' } },
      limits: limits.watchdogAge,
      min: 0,
      span: 6,
      whenEmpty: 'No bridge',
    },
    {
      shows: 'number',
      title: 'Oldest message',
      question: 'Does a message wait?',
      description:
        'Age of the oldest message that is not delivered. BridgeDeliveryFailing fires beyond the limit, by direct mail.',
      unit: 's',
      queries: { oldest: { expr: `max(bridge_inbox_oldest_age_seconds{${from.bridge}})`, legend: 'age' } },
      limits: limits.inboxAge,
      min: 0,
      span: 6,
      whenEmpty: 'No bridge',
    },
  ],
}
