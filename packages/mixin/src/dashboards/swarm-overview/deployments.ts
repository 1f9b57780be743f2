import { series } from '../../series.ts'
import type { Row } from '../panel.ts'
import { ofJobs } from '../selectors.ts'

/** What runs where, and since when. */
export const deployments: Row = {
  title: 'Deployments',
  panels: [
    {
      shows: 'table',
      title: 'Which versions run where?',
      description: 'Processes that send metrics, by version, environment and region.',
      unit: 'none',
      queries: {
        processes: {
          expr: `count by (job, service_version, deployment_environment_name, cloud_region) (target_info${ofJobs()})`,
          legend: '',
        },
      },
      columns: {
        job: { title: 'Job' },
        service_version: { title: 'Version' },
        deployment_environment_name: { title: 'Environment' },
        cloud_region: { title: 'Region' },
        Value: { title: 'Processes' },
      },
      span: 12,
    },
    {
      shows: 'graph',
      title: 'When did versions change?',
      description: 'Processes of each version. Two lines that cross are a deployment; every graph marks it.',
      unit: 'none',
      queries: {
        processes: {
          expr: `count by (job, service_version) (target_info${ofJobs()})`,
          legend: '{{job}} {{service_version}}',
        },
      },
      isStacked: true,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Which process is unwell?',
      description:
        'Health score as each process has it of itself, the five lowest. The score of the swarm counts all runs together.',
      unit: 'none',
      queries: {
        health: {
          expr: `bottomk(5, ${series.healthScore}${ofJobs()})`,
          legend: '{{job}} {{instance}}',
        },
      },
      min: 0,
      max: 100,
      span: 6,
    },
  ],
}
