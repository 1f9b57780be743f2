import { promql } from '../../promql.ts'
import { label } from '../../series.ts'
import { serviceColumn } from '../links.ts'
import type { Row } from '../panel.ts'

/** Alerts that fire and fired: of all agents, because a filter must not hide one. */
export const alerts: Row = {
  title: 'Alerts',
  panels: [
    {
      shows: 'table',
      title: 'Firing alerts',
      question: 'Which alerts fire, and since when?',
      description:
        'Alerts that fire now, the worst first, whatever the variables choose, with the time at which their condition began to hold. ' +
        'Those that Alertmanager mutes are here too. docs/runbooks has a page for each; where RUNBOOKS_URL is its address, the last ' +
        'column leads there.',
      unit: 'dateTimeFromNow',
      queries: { firing: { expr: firing(), legend: '' } },
      columns: {
        // In the order of the alphabet info would come before warning
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
      whenEmpty: 'None fires',
    },
    {
      shows: 'graph',
      title: 'Alerts by name',
      question: 'When did alerts fire?',
      description: 'Number of alerts of each name that fire. Watchdog always does and is left out.',
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
      whenEmpty: 'None fired',
    },
  ],
}

/** Since when, in milliseconds, with the labels that the columns show. */
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
  const withService = promql`
    label_replace(
      ${ranked},
      "service", "$1", "${label.job}", "(?:.*/)?(.+)"
    )`
  const withRunbook = promql`
    label_replace(
      ${withService},
      "runbook", "$runbooks/$1.md", "alertname", "(.+)"
    )`
  // Without an address there is no link
  return promql`
    label_replace(
      ${withRunbook},
      "runbook", "", "runbook", "/.*"
    )`
}
