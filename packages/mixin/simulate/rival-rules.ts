import { promql } from '../src/promql.ts'
import type { Alert, RuleGroup } from '../src/rule.ts'
import { onAgent } from '../src/series.ts'

/** A detector of unusual values in `agent:anomaly_value:recent`, to compare ours with. */
export interface Rival {
  readonly name: string
  readonly alert: string
  readonly groups: readonly RuleGroup[]
}

const value = 'agent:anomaly_value:recent{signal="executions"}'
const intervalSeconds = 120

/** Three standard deviations around the mean of the last day. */
const threeSigma: Rival = {
  name: '3-sigma',
  alert: 'ThreeSigma',
  groups: [
    {
      name: 'three-sigma',
      intervalSeconds,
      rules: [
        { record: 'sigma:mean:1d', expr: `avg_over_time(${value}[1d])` },
        { record: 'sigma:deviation:1d', expr: `stddev_over_time(${value}[1d])` },
        alertOf('ThreeSigma', `abs(${value} - ${onAgent} sigma:mean:1d) > ${onAgent} 3 * sigma:deviation:1d`),
      ],
    },
  ],
}

/**
 * The adaptive rules of grafana/promql-anomaly-detection with its default constants, written again
 * from its description: a band around the mean of the last hour, as wide as the smoothed deviation of
 * variable hours or half of the mean, joined with the bands of the same hour yesterday and last week.
 */
const adaptive: Rival = {
  name: 'adaptive (Grafana)',
  alert: 'Adaptive',
  groups: [
    {
      name: 'adaptive',
      intervalSeconds,
      rules: [
        { record: 'adaptive:input:15m', expr: `${value} > 0` },
        { record: 'adaptive:mean:1h', expr: 'avg_over_time(adaptive:input:15m[1h])' },
        {
          record: 'adaptive:deviation:1h',
          expr: 'stddev_over_time(adaptive:input:15m[1h]) > 0.5 * adaptive:mean:1h',
        },
        { record: 'adaptive:deviation:26h', expr: 'avg_over_time(adaptive:deviation:1h[26h])' },
        { record: 'adaptive:upper:1h', expr: band('max', '+', '1.5') },
        { record: 'adaptive:lower:1h', expr: `clamp_min(${band('min', '-', '0.5')}, 0)` },
        alertOf('Adaptive', 'adaptive:input:15m > adaptive:upper:1h or adaptive:input:15m < adaptive:lower:1h'),
      ],
    },
  ],
}

/** The detectors that the benchmark compares ours with. */
export const rivals: readonly Rival[] = [threeSigma, adaptive]

function band(farthest: 'max' | 'min', sign: '+' | '-', margin: string): string {
  const past = (offset: string): string =>
    `avg_over_time(adaptive:input:15m[1h] offset ${offset}) ${sign} 2 * stddev_over_time(adaptive:input:15m[1h] offset ${offset})`
  const parts = {
    short: `adaptive:mean:1h ${sign} 2 * adaptive:deviation:26h`,
    margin: `${margin} * adaptive:mean:1h`,
    day: past('1410m'),
    week: past('10050m'),
  }
  const labelled = Object.entries(parts).map(([name, expr]) => `label_replace(${expr}, "part", "${name}", "", "")`)
  return promql`
    ${farthest} without (part) (
      ${labelled.join('\nor\n')}
    )`
}

function alertOf(alert: string, expr: string): Alert {
  return {
    alert,
    category: 'agent',
    severity: 'info',
    expr,
    forSeconds: 300,
    summary: '',
    description: '',
    identity: [],
    dashboard: 'agent-detail',
  }
}
