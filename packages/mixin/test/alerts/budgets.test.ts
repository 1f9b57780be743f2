import { matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const process = (instance: string): Record<string, string> => ({ ...writer, instance })
const cost = (instance: string, values: string): Record<string, string> => ({
  [`agent_cost_usd_total${matchers({ ...process(instance), gen_ai_request_model: 'm-1' })}`]: values,
})
const limit = (budget: string, values: string, instance = 'a'): Record<string, string> => ({
  [`agent_budget_daily_limit${matchers({ ...process(instance), budget })}`]: values,
})
const ended = (budget: string, values: string, instance = 'a'): Record<string, string> => ({
  [`agent_budget_exceeded_total${matchers({ ...process(instance), budget })}`]: values,
})
const uncertain = (values: string): Record<string, string> => ({
  [`agent_tool_uncertain_total${matchers({ ...process('a'), gen_ai_tool_name: 'pay' })}`]: values,
})
const usedAt = (budget: string, value: number) => [{ labels: matchers({ ...writer, budget }), value }]

// Time begins at midnight UTC
alertPromises(
  'DailyBudgetExceeded',
  {
    'fires when all processes of the agent together have used the limit of the day, and ends at midnight': {
      every: '5m',
      series: { ...limit('usd', '50x320'), ...cost('a', '0+0.15x320'), ...cost('b', '0+0.15x320') },
      silentAt: ['13h40m', '24h10m', '26h'],
      firesAt: {
        '14h': {
          labels: { ...writer, budget: 'usd' },
          summary: 'writer has used its daily budget (usd)',
          description: 'writer (workers) has used 50.4 of 50 usd since midnight UTC, over all processes.',
        },
      },
    },
    'reports refused runs, also if the sum is a little below the limit': {
      every: '5m',
      series: { ...limit('usd', '50x60'), ...cost('a', '0+1x49 49x10'), ...ended('daily_usd', '0x50 5x9') },
      silentAt: ['4h10m'],
      firesAt: {
        '4h20m': {
          labels: { ...writer, budget: 'usd' },
          summary: 'writer has used its daily budget (usd)',
          description:
            'writer (workers) has used 49 of 50 usd since midnight UTC, over all processes. 5 run(s) were refused or ended in the last 15 minutes.',
        },
      },
    },
    'is silent for an agent without a daily budget': { every: '5m', series: cost('a', '0+9x60'), silentAt: ['1h', '4h'] },
    'counts a process that starts in the day from its first sample, and one of the day before only from midnight': {
      every: '5m',
      series: { ...limit('usd', '50x350'), ...cost('a', '1000x290 1002x60'), ...cost('b', '_x300 7x50') },
      silentAt: ['24h10m', '25h'],
      values: {
        'agent:daily_budget:used': { '24h10m': usedAt('usd', 0), '28h': usedAt('usd', 9.020833) },
      },
    },
    'counts tokens, model calls and tool calls as well': {
      every: '5m',
      series: {
        ...limit('tokens', '1000x24'),
        ...limit('model_calls', '100x24'),
        ...limit('tool_calls', '200x24'),
        [`agent_tokens_total${matchers({ ...process('a'), gen_ai_request_model: 'm-1', direction: 'input' })}`]: '300x24',
        [`agent_tokens_total${matchers({ ...process('a'), gen_ai_request_model: 'm-1', direction: 'output' })}`]: '200x24',
        [`agent_model_calls_total${matchers(process('a'))}`]: '50x24',
        [`gen_ai_invoke_agent_tool_calls_sum${matchers({ job: 'workers', deployment_environment_name: 'production', cloud_region: 'eu-1', gen_ai_agent_name: 'writer', instance: 'a' })}`]:
          '40x24',
      },
      silentAt: ['1h'],
      values: {
        'agent:daily_budget:used_ratio': {
          '1h': [
            { labels: matchers({ ...writer, budget: 'model_calls' }), value: 0.5 },
            { labels: matchers({ ...writer, budget: 'tokens' }), value: 0.5 },
            { labels: matchers({ ...writer, budget: 'tool_calls' }), value: 0.2 },
          ],
        },
      },
    },
  },
  { evaluationInterval: '10m' },
)

alertPromises(
  'DailyBudgetHigh',
  {
    'fires at 80 % of the limit of the day': {
      every: '5m',
      series: {
        ...limit('tokens', '100000x60'),
        [`agent_tokens_total${matchers({ ...process('a'), direction: 'input' })}`]: '0+2000x60',
      },
      silentAt: ['3h10m'],
      firesAt: {
        '3h20m': {
          labels: { ...writer, budget: 'tokens' },
          summary: 'writer has used 80% of its daily budget (tokens)',
          description: 'writer (workers) has used 80000 of 100000 tokens since midnight UTC, over all processes.',
        },
      },
    },
  },
  { evaluationInterval: '10m' },
)

alertPromises('RunBudgetExceeded', {
  'fires when a budget ends a run, also the first one of a process that starts': {
    every: '1m',
    series: { ...ended('usd', '0x60 1x60'), ...ended('usd', '_x60 2x60', 'b') },
    silentAt: ['59m', '1h30m'],
    firesAt: {
      '1h5m': {
        labels: { ...writer, budget: 'usd' },
        summary: 'A budget ended 3 run(s) of writer (usd)',
        description:
          'writer (workers): 3 run(s) exceeded their budget (usd) in the last 15 minutes and were ended. They are not retried.',
        since: '1h',
      },
    },
  },
  'is silent about runs that a daily budget refused': {
    every: '1m',
    series: ended('daily_usd', '0x10 5x60'),
    silentAt: ['15m', '1h'],
  },
})

alertPromises('EffectUncertain', {
  'fires when the effect of a call is unknown, also at the first one': {
    every: '1m',
    series: uncertain('_x60 1x60'),
    silentAt: ['59m', '1h40m'],
    firesAt: {
      '1h5m': {
        labels: { ...writer, gen_ai_tool_name: 'pay' },
        summary: 'It is unknown whether 1 call(s) of pay had an effect',
        description:
          'writer (workers): 1 call(s) of the tool pay ended in the last 15 minutes without proof that their effect happened or did not, or their result was not stored. They are never repeated silently: the option onUncertain decides.',
        since: '1h',
      },
    },
  },
})
