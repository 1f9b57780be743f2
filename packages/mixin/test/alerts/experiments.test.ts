import { matchers, writer } from './agent-series.ts'
import type { Sums } from '../../simulate/experiment/verdict.ts'
import { alertPromises, type Firing } from '../engines/rule-promises.ts'

const names: Readonly<Record<keyof Sums | 'exposures', string>> = {
  exposures: 'exposures',
  runs: 'runs',
  successes: 'successes',
  seconds: 'seconds',
  secondsSquared: 'seconds_squared',
  usd: 'usd',
  usdSquared: 'usd_squared',
  usdOfSuccesses: 'usd_of_successes',
}
const experimentOf = (variant: string): Record<string, string> => ({
  ...writer,
  swarmwatch_experiment: 'prompt',
  swarmwatch_variant: variant,
})

/** Series of a variant whose sums grow by as much every minute, and of its share. */
function steady(
  variant: string,
  perMinute: Partial<Record<keyof typeof names, number>>,
  { share = 0.5, minutes = 500, unit = 'run' } = {},
): Record<string, string> {
  const sums = Object.entries(names).map(([key, sum]) => {
    const step = perMinute[key as 'runs'] ?? 0
    return [`agent_experiment_sums_total${matchers({ ...experimentOf(variant), sum })}`, `0+${step}x${minutes}`]
  })
  const weight = `agent_experiment_weight${matchers({ ...experimentOf(variant), unit })}`
  return { ...Object.fromEntries(sums), [weight]: `${share}x${minutes}` }
}

/** Sums of runs of which this share succeeds; durations and costs vary by their mean. */
function runs(perMinute: number, success: number, { seconds = 5, usd = 0.02 } = {}): Partial<Record<keyof typeof names, number>> {
  const successes = perMinute * success
  return {
    exposures: perMinute,
    runs: perMinute,
    successes,
    seconds: seconds * perMinute,
    secondsSquared: 2 * seconds ** 2 * perMinute,
    usd: usd * perMinute,
    usdSquared: 2 * usd ** 2 * perMinute,
    usdOfSuccesses: usd * successes,
  }
}

const intervals = { evaluationInterval: '4m' } as const
const compared = (measure: string, percent: string, of = ''): string =>
  `In the experiment prompt of workers, its ${measure} differs by ${percent}${of} from the control, or from the other variants if none is a control. `
const everyMinute = { every: '1m' } as const

alertPromises(
  'AgentVariantHarmful',
  {
    'fires when a variant succeeds less often, from 200 runs of each on': {
      ...everyMinute,
      series: { ...steady('control', runs(1, 0.9)), ...steady('candidate', runs(1, 0.6)) },
      silentAt: ['3h20m'],
      firesAt: {
        '3h24m': {
          labels: { ...experimentOf('candidate'), measure: 'success' },
          summary: 'Variant candidate of writer succeeds less often: end the experiment',
          description: `${compared('success', '-30%', ' of the runs')}Chance does not explain it, however often the experiment was looked at.`,
        },
      },
    },
    'fires when a success costs a half more': {
      ...everyMinute,
      series: { ...steady('control', runs(5, 0.9)), ...steady('candidate', runs(5, 0.9, { usd: 0.03 })) },
      silentAt: ['56m'],
      firesAt: {
        '8h': {
          labels: { ...experimentOf('candidate'), measure: 'cost' },
          summary: 'Variant candidate of writer costs more per success: end the experiment',
          description: `${compared('cost', '50%')}Chance does not explain it, however often the experiment was looked at.`,
          since: '1h',
        },
      },
    },
    'is silent when a variant takes a little longer': {
      ...everyMinute,
      series: { ...steady('control', runs(50, 0.9)), ...steady('candidate', runs(50, 0.9, { seconds: 5.4 })) },
      silentAt: ['8h'],
    },
    'is silent a day after the last run': {
      ...everyMinute,
      series: {
        ...steady('control', runs(5, 0.9), { minutes: 120 }),
        ...steady('candidate', runs(5, 0.6), { minutes: 120 }),
      },
      silentAt: ['27h'],
    },
  },
  intervals,
)

const better = (candidate: string, measure: string, percent: string, of?: string): Pick<Firing, 'labels' | 'description'> => ({
  labels: { ...experimentOf(candidate), measure },
  description: `${compared(measure, percent, of)}The verdict holds: it is valid at every look.`,
})

alertPromises(
  'AgentVariantDiffers',
  {
    'fires when a variant succeeds more often and costs less': {
      ...everyMinute,
      series: { ...steady('control', runs(5, 0.8)), ...steady('candidate', runs(5, 0.9, { usd: 0.01 })) },
      silentAt: ['48m'],
      firesAt: {
        '8h': [
          {
            ...better('candidate', 'success', '10%', ' of the runs'),
            summary: 'Variant candidate of writer succeeds more often',
            since: '1h8m',
          },
          {
            ...better('candidate', 'cost', '-55.56%'),
            summary: 'Variant candidate of writer costs less per success',
            since: '52m',
          },
        ],
      },
    },
    'compares variants without a control with all others': {
      ...everyMinute,
      series: { ...steady('a', runs(5, 0.9)), ...steady('b', runs(5, 0.7)) },
      firesAt: {
        '8h': [
          { ...better('a', 'success', '20%', ' of the runs'), summary: 'Variant a of writer succeeds more often', since: '44m' },
          { ...better('a', 'cost', '-22.22%'), summary: 'Variant a of writer costs less per success', since: '1h36m' },
        ],
      },
      values: {
        'agent:experiment_comparisons': { '8h': [{ labels: matchers(withoutVariant(experimentOf('a'))), value: 1 }] },
      },
    },
    'is silent for equal variants, and for an agent with a single variant': {
      ...everyMinute,
      series: { ...steady('control', runs(50, 0.9)), ...steady('candidate', runs(50, 0.9)) },
      silentAt: ['8h'],
    },
    'is silent while the shares of the runs are wrong': {
      ...everyMinute,
      series: { ...steady('control', runs(5, 0.8)), ...steady('candidate', runs(7, 0.9)) },
      silentAt: ['8h'],
    },
  },
  intervals,
)

alertPromises(
  'ExperimentSharesWrong',
  {
    'fires for both variants when one gets 55 % in place of half': {
      ...everyMinute,
      series: { ...steady('control', runs(5.5, 0.9)), ...steady('candidate', runs(4.5, 0.9)) },
      silentAt: ['2h28m'],
      firesAt: {
        '8h': [
          {
            labels: experimentOf('control'),
            summary: 'Variant control of writer has more runs than its share: verdicts are not valid',
            description: sharesWrong('5%'),
            since: '2h32m',
          },
          {
            labels: experimentOf('candidate'),
            summary: 'Variant candidate of writer has fewer runs than its share: verdicts are not valid',
            description: sharesWrong('-5%'),
            since: '2h32m',
          },
        ],
      },
    },
    'is silent when the shares are as expected, or have changed': {
      ...everyMinute,
      series: {
        ...steady('control', runs(9, 0.9), { share: 0.9 }),
        ...steady('candidate', runs(1, 0.9), { share: 0.1 }),
        [`agent_experiment_weight${matchers({ ...experimentOf('changed'), unit: 'run' })}`]: '0.2x100 0.5x1000',
        ...Object.fromEntries(
          Object.entries(steady('changed', runs(1, 0.9))).filter(([series]) => !series.startsWith('agent_experiment_weight')),
        ),
      },
      silentAt: ['8h'],
    },
  },
  intervals,
)

function sharesWrong(percent: string): string {
  return (
    `In the experiment prompt of workers, its share of the runs is ${percent} of all runs away from the expected one, ` +
    'more than chance explains. Runs are lost, or assigned in another way than expected, so that variants cannot be compared.'
  )
}

function withoutVariant({ swarmwatch_variant: _, ...labels }: Record<string, string>): Record<string, string> {
  return labels
}
