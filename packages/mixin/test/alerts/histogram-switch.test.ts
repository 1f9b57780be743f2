import { durations, executions, fleet, matchers, writer } from './agent-series.ts'
import { switchedAt } from '../engines/native-series.ts'
import { alertPromises, type Promised, type Sample } from '../engines/rule-promises.ts'

// The store begins to convert histograms after half an hour: classic ones end, native ones begin, and all processes go on counting. The
// rules read both, so that alerts neither end nor begin
const switchMinute = 30
const everySeconds = 15

/** Every half minute from five minutes before the switch until 25 minutes after it. */
const times = Array.from({ length: 61 }, (_, step) => `${(switchMinute - 5) * 60 + step * 30}s`)

/** Through the switch, these agents or models have an alert, and no other has. */
function through(alertname: string, series: Record<string, string>, firing: Readonly<Record<string, string>>): Promised {
  const samples: Sample[] = [{ labels: matchers(firing), value: 1 }]
  const by = Object.keys(firing).join(', ')
  return {
    series: switchedAt((switchMinute * 60) / everySeconds, series),
    values: {
      [`count by (${by}) (ALERTS{alertname="${alertname}", alertstate="firing"})`]: Object.fromEntries(
        times.map((time) => [time, samples]),
      ),
    },
  }
}

const reader = { ...writer, agent_name: 'reader' }
const asIs = { variants: false }

alertPromises(
  'AgentSlowResponses',
  {
    'fires for a slow agent and is silent about a fast one while the store changes its histograms': through(
      'AgentSlowResponses',
      {
        ...executions({ success: '0+1x400' }),
        ...durations(30, '0+1x400', '0+24x400'),
        ...executions({ success: '0+1x400' }, reader),
        ...durations(10, '0+1x400', '0+9x400', reader),
      },
      { agent_name: 'writer' },
    ),
  },
  asIs,
)

const attempts = (count: number, retries: number, agent: typeof reader | typeof writer): Record<string, string> => ({
  [`agent_attempt_duration_seconds_count${matchers({ ...agent, outcome: 'failure' })}`]: `0+${count}x400`,
  [`agent_retries_total${matchers({ ...agent, error_type: '429' })}`]: `0+${retries}x400`,
})

alertPromises(
  'AgentRetriesHigh',
  {
    'fires for an agent that retries most, and is silent at 40 %, while the store changes its histograms': through(
      'AgentRetriesHigh',
      { ...attempts(4, 3, writer), ...attempts(10, 4, reader) },
      { agent_name: 'writer' },
    ),
  },
  asIs,
)

const requests = (model: string, succeeded: number, failed: number): Record<string, string> => {
  const of = { ...fleet, job: 'workers', gen_ai_provider_name: 'openai', gen_ai_request_model: model }
  const name = 'gen_ai_client_inference_duration_seconds_count'
  return {
    [name + matchers(of)]: `0+${succeeded}x400`,
    [name + matchers({ ...of, error_type: '429' })]: `0+${failed}x400`,
  }
}

alertPromises(
  'ModelProviderErrors',
  {
    'fires for a model with errors, and is silent at 18 %, while the store changes its histograms': through(
      'ModelProviderErrors',
      { ...requests('m-1', 6, 4), ...requests('m-2', 82, 18) },
      { gen_ai_request_model: 'm-1' },
    ),
  },
  asIs,
)

const ofFleet = (environment: string, le: number): Record<string, string> => {
  const agent = { ...writer, deployment_environment_name: environment }
  return {
    ...executions({ success: '0+4x400' }, agent),
    ...durations(le, '0+4x400', `0+${le * 3}x400`, agent),
    [`swarm_resource_utilization${matchers({ ...fleet, job: 'workers', deployment_environment_name: environment, resource: 'memory' })}`]:
      '1x400',
  }
}

alertPromises(
  'SwarmHealthLow',
  {
    'fires where slow runs cost health, and is silent elsewhere, while the store changes its histograms': through(
      'SwarmHealthLow',
      { ...ofFleet('production', 60), ...ofFleet('staging', 5) },
      { deployment_environment_name: 'production' },
    ),
  },
  asIs,
)

const activeRuns = (active: number, seconds: number, agent: typeof reader | typeof writer): Record<string, string> => ({
  [`active_executions${matchers(agent)}`]: `${active}x400`,
  [`agent_execution_duration_seconds_sum${matchers({ ...agent, outcome: 'success' })}`]: `0+${seconds}x400`,
})

alertPromises(
  'AgentActiveExecutionsLeak',
  {
    'is silent about an agent whose runs explain those that are active, while the store changes its histograms': {
      series: switchedAt(120, { ...activeRuns(20, 200, writer), ...activeRuns(20, 300, reader) }),
      values: {
        // 200 s of runs end every 15 s: 13.3 active runs, and 20 of the other agent. At one moment it is 2.5 % less
        'round(agent:active_executions:expected_15m)': Object.fromEntries(
          times.map((time) => [
            time,
            [
              { labels: matchers(reader), value: 20 },
              { labels: matchers(writer), value: 13 },
            ],
          ]),
        ),
      },
      silentAt: ['40m', '50m'],
    },
  },
  asIs,
)

alertPromises(
  'AgentRunStuck',
  {
    'keeps the limit of an agent while the store changes its histograms': {
      series: {
        ...switchedAt(120, durations(60, '0+1x400', '0+60x400')),
        [`agent_last_progress_seconds${matchers({ ...writer, instance: 'a' })}`]: '170x400',
      },
      silentAt: times.filter((_, index) => index % 4 === 0),
      values: {
        'agent:stuck_after_seconds:p99_7d': Object.fromEntries(
          ['28m', '32m', '36m', '44m', '54m'].map((time) => [time, [{ labels: matchers(writer), value: 179.1 }]]),
        ),
      },
    },
  },
  asIs,
)
