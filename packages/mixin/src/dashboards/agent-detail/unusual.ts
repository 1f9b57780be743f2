import { label } from '../../series.ts'
import type { Panel, Row } from '../panel.ts'
import { fleetName, ofAgents } from '../selectors.ts'

/** The last hour against the band of the last day. */
export const unusual: Row = {
  title: 'Unusual',
  panels: [
    anomaly('executions', 'Usual runs', 'Does it run as much as usual?', 'Runs in the hour before', 'none'),
    anomaly('latency', 'Usual duration', 'Does it take as long as usual?', 'Mean duration of the runs in the hour before', 's'),
    anomaly('cost', 'Usual cost', 'Does it cost as much as usual?', 'Cost of the hour before', 'currencyUSD'),
  ],
}

function anomaly(signal: string, title: string, question: string, what: string, unit: string): Panel {
  // One job at a time runs an agent in a region; of several, the highest is looked at
  const byFleet = (series: string): string =>
    `max by (${label.agent}, ${label.environment}, ${label.region}) (${series}${ofAgents(`signal="${signal}"`)})`
  return {
    shows: 'graph',
    title,
    question,
    description:
      `${what}, and the band in which it usually lies: three standard deviations around the mean of the last day. There is no band ` +
      'before a day was seen. AgentAnomaly fires when it leaves the band, for information.',
    unit,
    queries: {
      value: { expr: byFleet('agent:anomaly_value:1h'), legend: fleetName },
      upper: { expr: byFleet('agent:anomaly_upper:1d'), legend: `${fleetName} at most` },
      lower: { expr: byFleet('agent:anomaly_lower:1d'), legend: `${fleetName} at least` },
    },
    isByAgent: true,
    leastTop: unit === 'currencyUSD' ? 0.01 : 1,
    min: 0,
    span: 8,
  }
}
