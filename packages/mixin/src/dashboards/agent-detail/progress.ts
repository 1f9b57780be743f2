import { series } from '../../series.ts'
import type { Row } from '../panel.ts'
import { byAgentAndFleet, fleetName, ofAgents } from '../selectors.ts'

/** Runs of the agent that make no progress, and those that wait for a person. */
export const progress: Row = {
  title: 'Progress',
  panels: [
    {
      shows: 'graph',
      title: 'Is a run stuck?',
      description:
        'Time since the last progress of the run that has made none for longest, without paused and waiting runs, and the time after which ' +
        'it is stuck. AgentRunStuck fires above it.',
      unit: 's',
      queries: {
        silent: { expr: `max ${byAgentAndFleet} (${series.lastProgress}${ofAgents()})`, legend: fleetName },
        limit: {
          expr: `max ${byAgentAndFleet} (last_over_time(agent:stuck_after_seconds:p99_7d${ofAgents()}[10m]))`,
          legend: `${fleetName} at most`,
        },
      },
      isByAgent: true,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How old is the oldest run?',
      description: 'Time since the oldest run in progress began, pauses included.',
      unit: 's',
      queries: { oldest: { expr: `max ${byAgentAndFleet} (${series.oldestActive}${ofAgents()})`, legend: fleetName } },
      isByAgent: true,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How many runs wait for a person?',
      description: 'Runs that are paused, or wait for a paused run that they called.',
      unit: 'none',
      queries: { paused: { expr: `sum ${byAgentAndFleet} (${series.paused}${ofAgents()})`, legend: fleetName } },
      isByAgent: true,
      min: 0,
      span: 8,
    },
  ],
}
