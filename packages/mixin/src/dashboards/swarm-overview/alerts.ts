import { promql } from '../../promql.ts'
import { label } from '../../series.ts'
import { serviceColumn } from '../links.ts'
import type { Row } from '../panel.ts'
import { withService } from '../queries.ts'

/** Current and past alerts of all agents: a filter must not hide an alert. */
export const alerts: Row = {
  title: 'Alerts',
  panels: [
    {
      shows: 'table',
      title: 'Which alerts are firing, and since when?',
      description:
        'Alerts that fire now, the most severe first, with the time at which their condition became true. The variables do not filter ' +
        'them, and alerts that Alertmanager suppresses are included. docs/runbooks has a page for each alert; if RUNBOOKS_URL is set, ' +
        'the last column links to it.',
      unit: 'dateTimeFromNow',
      queries: { firing: { expr: firing(), legend: '' } },
      columns: {
        // Alphabetical order would put info before warning
        rank: {
          title: 'Severity',
          width: 95,
          shown: {
            1: { text: 'critical', color: 'red' },
            2: { text: 'warning', color: 'orange' },
            3: { text: 'info', color: 'blue' },
          },
        },
        alertname: { title: 'Alert', width: 210 },
        [label.agent]: { title: 'Agent', isAgent: true, width: 140 },
        [label.environment]: { title: 'Environment', width: 115 },
        [label.region]: { title: 'Region', width: 105 },
        Value: { title: 'Since', unit: 'dateTimeFromNow', width: 110 },
        runbook: { title: 'Runbook', isAddress: true, width: 85 },
        service: { title: serviceColumn, isHidden: true },
      },
      order: [
        { by: 'Severity', isDescending: false },
        { by: 'Since', isDescending: true },
      ],
      span: 17,
      whenEmpty: 'No alert is firing',
    },
    {
      shows: 'graph',
      title: 'When did alerts fire?',
      description: 'Number of firing alerts by name. The Watchdog always fires and is not included.',
      unit: 'none',
      queries: {
        by_name: {
          expr: 'count by (alertname) (ALERTS{alertstate="firing", alertname!="Watchdog"})',
          legend: '{{alertname}}',
        },
      },
      isStacked: true,
      min: 0,
      span: 7,
      whenEmpty: 'No alert fired',
    },
  ],
}

/** The start of each firing alert in milliseconds, with the labels that the columns show. */
function firing(): string {
  const ranks = ['critical', 'warning', 'info']
  const since = promql`
    1000 * ALERTS_FOR_STATE{alertname!="Watchdog"}
    and ignoring (alertstate)
    ALERTS{alertstate="firing"}`
  const ranked = ranks.reduce(
    (expr, severity, index) => promql`
      label_replace(
        ${expr},
        "rank", "${index + 1}", "severity", "${severity}"
      )`,
    since,
  )
  const withRunbook = promql`
    label_replace(
      ${withService(ranked)},
      "runbook", "$runbooks/$1.md", "alertname", "(.+)"
    )`
  // Without the address of the runbooks there is no link
  return promql`
    label_replace(
      ${withRunbook},
      "runbook", "", "runbook", "/.*"
    )`
}
