import { label, series } from '../../series.ts'
import type { Row } from '../panel.ts'
import { fleetName, ofFleets, ofJobs } from '../selectors.ts'

/** Which versions run where, and since when. */
export const deployments: Row = {
  title: 'Deployments',
  panels: [
    {
      shows: 'table',
      title: 'Which versions run where?',
      description: 'Number of processes that send metrics, by version, environment and region.',
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
      title: 'When did versions change?',
      description:
        'Number of processes of each version. Where two lines cross, a new version was deployed; every graph marks it.',
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
      title: 'Is one process unhealthy?',
      description:
        'Lowest health score of a single process in each region, as the process reports it. The score of the swarm is over the root ' +
        'executions of all processes.',
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
