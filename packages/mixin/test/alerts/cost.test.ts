import { counter, executions, fleet, matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const cost = (values: string, more: Record<string, string> = {}): Record<string, string> => ({
  [`agent_cost_usd_total${matchers({ ...writer, gen_ai_request_model: 'm-1', ...more })}`]: values,
})

alertPromises(
  'AgentCostSpike',
  {
    'fires when an hour costs more than three times the usual, and more than a dollar': {
      every: '1m',
      series: cost('0+0.01x1500 15.01+0.2x200'),
      silentAt: ['24h', '25h20m'],
      firesAt: {
        '26h10m': {
          labels: writer,
          summary: 'writer spent 12.00 USD in an hour',
          description:
            'writer (workers) spent 12.00 USD in the last hour, more than 3 times what it spent around this time yesterday and a week ago.',
          since: '1d1h8m',
        },
      },
    },
    'cents are no spike': { every: '1m', series: cost('0+0.0001x1500 0.15+0.005x200'), silentAt: ['26h', '27h'] },
    'is silent with less than a day of history': {
      every: '1m',
      series: cost('0x300 0+0.2x600'),
      silentAt: ['6h', '8h', '14h'],
    },
    'the first hour of a new agent is no spike': { every: '1m', series: cost('0+1x300'), silentAt: ['1h', '3h', '5h'] },
  },
  { evaluationInterval: '4m' },
)

// A value every ten minutes
const hours = (count: number): number => count * 6
const week = (perHour: number): readonly [number, number][] =>
  // Five days with nine hours of work each
  [
    ...[1, 2, 3, 4, 5].flatMap((): [number, number][] => [
      [hours(9), perHour / 6],
      [hours(15), 0],
    ]),
    [hours(48), 0],
  ]

alertPromises(
  'AgentCostSpike',
  {
    'an hour that is expensive every week is no spike': {
      every: '10m',
      series: cost(counter(...week(9), ...week(9), [hours(9), 1.5])),
      silentAt: ['169h', '170h', '175h', '337h', '340h'],
    },
    'a Monday that costs four times the last one is a spike': {
      every: '10m',
      series: cost(counter(...week(9), [hours(9), 6])),
      silentAt: ['167h'],
      firesAt: {
        '170h': {
          labels: writer,
          summary: 'writer spent 36.00 USD in an hour',
          description:
            'writer (workers) spent 36.00 USD in the last hour, more than 3 times what it spent around this time yesterday and a week ago.',
        },
      },
    },
  },
  { evaluationInterval: '20m' },
)

const burning = (times: string): { labels: typeof fleet; summary: string; description: string } => ({
  labels: fleet,
  summary: `The swarm spends ${times} times what its budget allows`,
  description:
    `The swarm spends ${times} times what its budget of 1000 USD in 30 days allows at this hour of the week. ` +
    'The hours of last week share the budget; in the first week, a day or all days so far are compared with their share.',
})
/** An hour of work on five days a week: 1012.50 USD in 30 days. Sums of it have no rounding errors. */
const onBudget = 5.25

alertPromises(
  'SwarmCostBudgetBurn',
  {
    'in the first week, fires after a day that costs four times its share': {
      every: '10m',
      series: cost(counter([hours(48), 0.95])),
      silentAt: ['6h', '20h'],
      firesAt: { '24h': burning('4.1') },
    },
    'in the first week, fires when the money of the week is spent, and not for two days of work a week': {
      every: '10m',
      series: {
        ...cost(counter([hours(120), 0.4375])),
        ...cost(counter([hours(48), 0.5], [hours(120), 0]), { cloud_region: 'weekend' }),
      },
      silentAt: ['24h', '48h', '97h'],
      firesAt: { '99h': burning('1.1') },
    },
    'is silent for work in office hours within the budget': {
      every: '10m',
      series: cost(counter(...week(onBudget), ...week(onBudget), ...week(onBudget))),
      silentAt: ['5h', '30h', '58h', '100h', '120h', '169h', '172h', '200h', '300h', '340h', '400h'],
      values: {
        'swarm:cost_usd:projected_month': { '340h': [{ labels: matchers(fleet), value: 1_012.5 }] },
      },
    },
    'fires within four hours when work in office hours begins to cost twice the budget': {
      every: '10m',
      series: cost(counter(...week(onBudget), ...week(onBudget), ...week(2 * onBudget))),
      silentAt: ['335h', '336h20m'],
      firesAt: { '340h': burning('2.1') },
    },
  },
  { evaluationInterval: '20m' },
)

alertPromises(
  'SwarmCostBudgetBurn',
  {
    'records the cost of a success and the wasted cost': {
      every: '1m',
      series: {
        ...executions({ success: '0+3x400', failure: '0+1x400' }),
        ...cost('0+0.3x400'),
        ...cost('0+0.1x400', { gen_ai_request_model: 'm-2' }),
      },
      values: {
        'agent:cost_usd_per_success:increase1h': {
          '5h': [{ labels: matchers(writer), value: 0.133333 }],
        },
        'agent:cost_usd_wasted:increase1h': {
          '5h': [{ labels: matchers(writer), value: 6 }],
        },
        'swarm:cost_usd:projected_month': {
          '5h': [{ labels: matchers(fleet), value: 15_667.2 }],
        },
      },
    },
  },
  { evaluationInterval: '4m' },
)

/** A day of it costs a fiftieth of the first day more than the day before. */
const rising = (days: number): readonly [number, number][] =>
  Array.from({ length: days }, (_, at) => [hours(24), (0.6 + 0.012 * at) / 6] as [number, number])

alertPromises(
  'SwarmCostBudgetBurn',
  {
    'the projection of the month continues a steady growth, from a week of history on': {
      every: '10m',
      series: cost(counter(...rising(22))),
      silentAt: ['24h'],
      values: {
        'round(swarm:cost_usd:mean_hour_7d, 0.001)': { '168h': [{ labels: matchers(fleet), value: 0.635 }] },
        // The days cost 0.858 an hour on average in the 30 days after the first week, and 1.026 after the third
        'round(swarm:cost_usd:projected_month / 720, 0.001)': {
          '168h': [{ labels: matchers(fleet), value: 0.9 }],
          '504h': [{ labels: matchers(fleet), value: 1.059 }],
        },
      },
    },
    'the projection of the month takes a new level for no growth': {
      every: '10m',
      series: cost(counter([hours(14 * 24), 0.1], [hours(13 * 24), 0.2])),
      silentAt: ['24h'],
      values: {
        'round(swarm:cost_usd:projected_month / 720, 0.001)': {
          '576h': [{ labels: matchers(fleet), value: 1.2 }],
          '624h': [{ labels: matchers(fleet), value: 1.2 }],
        },
      },
    },
  },
  { evaluationInterval: '20m' },
)
