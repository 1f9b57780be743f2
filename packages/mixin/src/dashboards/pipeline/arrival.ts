import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofJobs } from '../selectors.ts'

/** What comes from the agents, and whether everything on its way is up. */
export const arrival: Row = {
  title: 'From the agents',
  panels: [
    {
      shows: 'number',
      title: 'How old is the newest telemetry of each job?',
      description:
        'Seconds since the last sample of the runs arrived. AgentTelemetryAbsent tells people when there is none any more.',
      unit: 's',
      queries: {
        age: {
          expr: promql`
            time()
              - max by (${label.job}) (
                timestamp(${series.executions}${ofAgents()})
              )`,
          legend: '{{job}}',
        },
      },
      min: 0,
      span: 8,
      height: 6,
    },
    {
      shows: 'graph',
      title: 'Which errors of telemetry were swallowed?',
      description: 'Errors in our own code that agents did not see, per second, by place. Any is a bug.',
      unit: 'ops',
      queries: {
        trips: {
          expr: promql`
            sum by (job, ${label.where}) (
              rate(${series.guardTrips}${ofJobs()}[$__rate_interval])
            )
            or
            0 * group by (job) (target_info${ofJobs()})`,
          legend: `{{job}} {{${label.where}}}`,
        },
      },
      min: 0,
      span: 8,
      height: 6,
    },
    {
      shows: 'graph',
      title: 'Which labels have too many values?',
      description:
        'Metrics with a label that has more values than the SDK keeps apart. MetricCardinalityOverflow tells people of any.',
      unit: 'none',
      queries: {
        overflown: {
          expr: promql`
            count by (job) (${ofJobs('otel_metric_overflow="true"')})
            or
            0 * group by (job) (target_info${ofJobs()})`,
          legend: '{{job}}',
        },
      },
      min: 0,
      span: 8,
      height: 6,
    },
    {
      shows: 'graph',
      title: 'Which component could not be reached?',
      description:
        'Share of the scrapes of the last 5 minutes that worked. TargetDown and BridgeDown tell people below one half.',
      unit: 'percentunit',
      queries: { up: { expr: 'avg by (job) (avg_over_time(up[5m]))', legend: '{{job}}' } },
      limits: limits.up,
      min: 0,
      max: 1,
      span: 24,
      height: 6,
    },
  ],
}
