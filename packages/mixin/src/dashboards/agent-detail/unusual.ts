import { label } from '../../series.ts'
import type { Panel, Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

/** The last hour against the band of the last day. */
export const unusual: Row = {
  title: 'Unusual',
  panels: [
    anomaly('executions', 'Does it run as much as usual?', 'Runs in the hour before', 'none'),
    anomaly('latency', 'Does it take as long as usual?', 'Mean duration of the runs in the hour before', 's'),
    anomaly('cost', 'Does it cost as much as usual?', 'Cost of the hour before', 'currencyUSD'),
  ],
}

function anomaly(signal: string, title: string, what: string, unit: string): Panel {
  const selector = ofAgents(`signal="${signal}"`)
  const name = `{{${label.agent}}}`
  return {
    shows: 'graph',
    title,
    description:
      `${what}, and the band in which it usually lies: three standard deviations around the mean of the last day. There is no band ` +
      'before a day was seen. AgentAnomaly says when it leaves the band, for information.',
    unit,
    queries: {
      value: { expr: `agent:anomaly_value:1h${selector}`, legend: name },
      upper: { expr: `agent:anomaly_upper:1d${selector}`, legend: `${name} at most` },
      lower: { expr: `agent:anomaly_lower:1d${selector}`, legend: `${name} at least` },
    },
    isByAgent: true,
    min: 0,
    span: 8,
  }
}
