import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofJobs } from '../selectors.ts'

const byJob = `by (job, ${label.environment})`
const jobName = `{{job}} {{${label.environment}}}`

/** What the busiest process of each job uses. By job: a process has another name after each restart. */
export const processes: Row = {
  title: 'Processes',
  panels: [
    {
      shows: 'graph',
      title: 'CPU and memory',
      question: 'Is a process short of CPU or memory?',
      description:
        'CPU (one core is 100%) and memory (of what the container or the machine has) of the busiest process of each job.',
      unit: 'percentunit',
      queries: {
        used: {
          expr: `max by (job, ${label.environment}, ${label.resource}) (${series.resourceUtilization}${ofJobs()})`,
          legend: `${jobName} {{${label.resource}}}`,
        },
      },
      limits: limits.busiest,
      isByJob: true,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Memory',
      question: 'How much memory do processes take?',
      description: 'Resident memory of the largest process of each job. A line that only rises is a leak.',
      unit: 'bytes',
      queries: { memory: { expr: `max ${byJob} (process_memory_usage${ofJobs()})`, legend: jobName } },
      isByJob: true,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Event loop',
      question: 'Is an event loop blocked?',
      description:
        'Share of the time in which the event loop of the busiest process of each job was busy. Near 100% everything in that process waits.',
      unit: 'percentunit',
      queries: {
        busy: {
          expr: promql`
            max ${byJob} (
              sum by (job, ${label.environment}, instance) (
                rate(nodejs_eventloop_time_seconds_total${ofJobs('nodejs_eventloop_state="active"')}[$__rate_interval])
              )
            )`,
          legend: jobName,
        },
      },
      isByJob: true,
      min: 0,
      span: 8,
    },
  ],
}
