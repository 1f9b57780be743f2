import type { Panel, Row } from '../panel.ts'
import { byAgentAndFleet, fleetName, ofAgents } from '../selectors.ts'

/** The last hour compared with the last day. */
export const unusual: Row = {
  title: 'Unusual',
  panels: [
    anomaly('executions', 'Is the number of runs usual?', 'Runs in the hour before', 'none'),
    anomaly('latency', 'Is the duration usual?', 'Mean duration of the runs in the hour before', 's'),
    anomaly('cost', 'Is the cost usual?', 'Cost of the hour before', 'currencyUSD'),
  ],
}

function anomaly(signal: string, title: string, what: string, unit: string): Panel {
  // Usually one job runs an agent in a region; of several jobs, the highest counts
  const highest = (series: string): string => `max ${byAgentAndFleet} (${series}${ofAgents(`signal="${signal}"`)})`
  return {
    shows: 'graph',
    title,
    description:
      `${what}, and the usual range: three standard deviations around the mean of the last day. The range needs one day of data. ` +
      'AgentAnomaly (severity info) fires when the value leaves the range.',
    unit,
    queries: {
      value: { expr: highest('agent:anomaly_value:1h'), legend: fleetName },
      upper: { expr: highest('agent:anomaly_upper:1d'), legend: `${fleetName} at most` },
      lower: { expr: highest('agent:anomaly_lower:1d'), legend: `${fleetName} at least` },
    },
    isByAgent: true,
    leastTop: unit === 'currencyUSD' ? 0.01 : 1,
    min: 0,
    span: 8,
  }
}
