import { promql } from '../../promql.ts'
import { jobIs, scraped, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofJobs } from '../selectors.ts'

/** The whole pipeline in five panels, from an agent's sample to a delivered message. */
export const arrival: Row = {
  title: 'From agents to recipients',
  panels: [
    {
      shows: 'timeline',
      title: 'Which component could not be reached?',
      description: 'Result of the last scrape of each component. TargetDown and BridgeDown fire when scrapes fail.',
      unit: 'none',
      queries: { up: { expr: `min by (job) (up{${scraped}})`, legend: '{{job}}' } },
      states: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } },
      span: 12,
    },
    {
      shows: 'number',
      title: 'How old is the telemetry?',
      description:
        'Time since the last sample arrived, for the job with the oldest last sample. AgentTelemetryAbsent fires when a job sends none.',
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
      title: 'Did telemetry code fail?',
      description:
        'Errors in the code of Swarmwatch in the last hour. They do not reach the agents. Each one is a bug: the label `where` names ' +
        'the place.',
      unit: 'none',
      queries: { trips: { expr: `sum(increase(${series.guardTrips}${ofJobs()}[1h])) or vector(0)`, legend: 'errors' } },
      limits: limits.anyTelemetryError,
      decimals: 0,
      min: 0,
      span: 6,
    },
    {
      shows: 'number',
      title: 'Does the Watchdog arrive?',
      description:
        'Time since the Watchdog, the alert that always fires, reached the bridge. Above the limit, the bridge itself raises an alert.',
      unit: 's',
      queries: { age: { expr: `max(bridge_watchdog_age_seconds{${jobIs.bridge}})`, legend: 'age' } },
      limits: limits.watchdogAge,
      min: 0,
      span: 6,
      whenEmpty: 'No bridge',
    },
    {
      shows: 'number',
      title: 'Is a message waiting?',
      description:
        'Age of the oldest undelivered message. Above the limit, BridgeDeliveryFailing fires and goes out by direct mail.',
      unit: 's',
      queries: { oldest: { expr: `max(bridge_inbox_oldest_age_seconds{${jobIs.bridge}})`, legend: 'age' } },
      limits: limits.inboxAge,
      min: 0,
      span: 6,
      whenEmpty: 'No bridge',
    },
  ],
}
