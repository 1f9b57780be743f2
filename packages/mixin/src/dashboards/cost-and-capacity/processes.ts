import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofJobs } from '../selectors.ts'

const byProcess = '{{job}} {{instance}}'

/** What each process uses. */
export const processes: Row = {
  title: 'Processes',
  panels: [
    {
      shows: 'graph',
      title: 'Which process is short of CPU or memory?',
      description: 'CPU (one core is 100%) and memory (of what the container or the machine has), the ten highest.',
      unit: 'percentunit',
      queries: {
        used: { expr: `topk(10, ${series.resourceUtilization}${ofJobs()})`, legend: `${byProcess} {{${label.resource}}}` },
      },
      limits: limits.busiest,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How much memory do processes take?',
      description: 'Resident memory, the ten largest. A line that only rises is a leak.',
      unit: 'bytes',
      queries: { memory: { expr: `topk(10, process_memory_usage${ofJobs()})`, legend: byProcess } },
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Is an event loop blocked?',
      description:
        'Share of the time in which the event loop was busy, the ten highest. Near 100% everything in that process waits.',
      unit: 'percentunit',
      queries: {
        busy: {
          expr: promql`
            topk(
              10,
              sum by (job, instance) (
                rate(nodejs_eventloop_time_seconds_total${ofJobs('nodejs_eventloop_state="active"')}[$__rate_interval])
              )
            )`,
          legend: byProcess,
        },
      },
      min: 0,
      max: 1,
      span: 8,
    },
  ],
}
