import { executions, fleet, matchers, writer } from './agent-series.ts'
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
            'writer (workers) spent 12.00 USD in the last hour, more than 3 times the mean hourly cost of the last day.',
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

alertPromises(
  'SwarmCostBudgetBurn',
  {
    'fires when six hours cost more than three times what the month allows': {
      every: '1m',
      series: { ...cost('0+0.1x900') },
      silentAt: ['4h24m'],
      firesAt: {
        '4h28m': {
          labels: fleet,
          summary: 'The swarm spends 4.3 times what its budget allows',
          description:
            'At the rate of the last hour, the swarm spends 4.3 times its budget of 1000 USD in 30 days, and over the last six hours it also spent more than 3 times its budget.',
          since: '4h12m',
        },
      },
    },
    'one dear hour is no burn': { every: '1m', series: cost('0x400 0+0.1x60 6x400'), silentAt: ['7h', '7h40m', '8h', '12h'] },
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
          '5h': [{ labels: matchers(fleet), value: 0.4 * 60 * 720 }],
        },
      },
    },
  },
  { evaluationInterval: '4m' },
)
