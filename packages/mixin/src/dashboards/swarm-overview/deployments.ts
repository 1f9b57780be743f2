import { label, series } from '../../series.ts'
import type { Row } from '../panel.ts'
import { fleetName, ofFleets, ofJobs } from '../selectors.ts'

/** What runs where, and since when. */
export const deployments: Row = {
  title: 'Deployments',
  panels: [
    {
      shows: 'table',
      title: 'Running versions',
      question: 'Which versions run where?',
      description: 'Processes that send metrics, by version, environment and region.',
      unit: 'none',
      queries: {
        processes: {
          expr: `count by (job, service_version, ${label.environment}, ${label.region}) (target_info${ofJobs()})`,
          legend: '',
        },
      },
      columns: {
        job: { title: 'Job', isJob: true },
        service_version: { title: 'Version', width: 110 },
        [label.environment]: { title: 'Environment', width: 120 },
        [label.region]: { title: 'Region', width: 115 },
        Value: { title: 'Processes', unit: 'none', width: 95 },
      },
      span: 12,
    },
    {
      shows: 'graph',
      title: 'Versions over time',
      question: 'When did versions change?',
      description: 'Processes of each version. Two lines that cross are a deployment; every graph marks it.',
      unit: 'none',
      queries: {
        processes: {
          expr: `count by (job, service_version) (target_info${ofJobs()})`,
          legend: '{{job}} {{service_version}}',
        },
      },
      isByJob: true,
      isStacked: true,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Process health',
      question: 'Are single processes worse than the swarm?',
      description:
        'Health score of the worst process of each region, as it has it of itself. The score of the swarm counts all root executions ' +
        'together.',
      unit: 'none',
      queries: {
        health: {
          expr: `min by (${label.environment}, ${label.region}) (${series.healthScore}${ofFleets()})`,
          legend: fleetName,
        },
      },
      leastTop: 100,
      min: 0,
      span: 6,
    },
  ],
}
