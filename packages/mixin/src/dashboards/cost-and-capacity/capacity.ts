import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { highestAtEnd } from '../queries.ts'
import { agentName, byAgentName, fleetName, ofAgents, ofFleets, ofJobs } from '../selectors.ts'

/** How many runs there are, and how many there will be. */
export const capacity: Row = {
  title: 'Capacity',
  panels: [
    {
      shows: 'number',
      title: 'How fast does traffic grow?',
      description:
        'Runs of the last 7 days, divided by the runs of the 7 days before, in the region with the highest growth. 1 means no change. ' +
        'SwarmTrafficGrowing fires above the limit.',
      unit: 'suffix: x',
      queries: { growth: { expr: `max(swarm:executions:weekly_growth${ofFleets()})`, legend: 'growth' } },
      limits: limits.weeklyGrowth,
      min: 0,
      span: 6,
      height: 8,
      whenEmpty: 'Less than two weeks of data',
    },
    {
      shows: 'graph',
      title: 'How many runs will the next week have at most?',
      description:
        'Root executions now, and the busiest time of the last week at the growth of that week: what the next week has at its peak if ' +
        'it is like the last.',
      unit: 'suffix: /min',
      queries: {
        now: { expr: `60 * swarm:executions:rate5m${ofFleets()}`, legend: `${fleetName} now` },
        peak: { expr: `60 * swarm:executions:peak_next_7d${ofFleets()}`, legend: `${fleetName} peak` },
      },
      min: 0,
      span: 9,
    },
    {
      shows: 'graph',
      title: 'Does the traffic explain the active runs?',
      description:
        'Active runs, divided by the number that arrivals and durations explain, for the ten agents with the highest values. ' +
        'AgentActiveExecutionsLeak fires above the line: some runs never ended.',
      unit: 'suffix: x',
      queries: { times: { expr: highestAtEnd(10, timesExplained), legend: agentName } },
      limits: limits.activeTimes,
      isByAgent: true,
      min: 0,
      span: 9,
    },
  ],
}

function timesExplained(modifier: string): string {
  return promql`
    max ${byAgentName} (
      agent:active_executions:mean_15m${ofAgents()}${modifier}
        / (agent:active_executions:expected_15m${ofAgents()}${modifier} > 0)
    )`
}

const byJob = `by (job, ${label.environment})`
const jobName = `{{job}} {{${label.environment}}}`

/**
 * CPU, memory and event loop of the busiest process of each job. Lines are by job: a process has a
 * new name after each restart.
 */
export const processes: Row = {
  title: 'Processes',
  panels: [
    {
      shows: 'graph',
      title: 'Are CPU and memory sufficient?',
      description:
        'CPU (one core is 100%) and memory (100% is the limit of the container or the machine) of the busiest process of each job.',
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
      title: 'How much memory do processes use?',
      description: 'Resident memory of the largest process of each job. A line that only rises is a memory leak.',
      unit: 'bytes',
      queries: { memory: { expr: `max ${byJob} (process_memory_usage${ofJobs()})`, legend: jobName } },
      isByJob: true,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Is an event loop blocked?',
      description:
        'Share of the time in which the event loop was busy, of the busiest process of each job. Near 100%, everything in that process ' +
        'waits.',
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
