import { promql } from '../../promql.ts'
import type { Row } from '../panel.ts'

/** What people are told of. Alerts of all agents: a filter must not hide one. */
export const alerts: Row = {
  title: 'Alerts',
  panels: [
    {
      shows: 'table',
      title: 'Which alerts fire, and since when?',
      description:
        'Alerts that fire now, whoever they speak of, with the time at which their condition began to hold. What Alertmanager mutes is ' +
        'here too. docs/runbooks has a page for each.',
      unit: 'dateTimeFromNow',
      queries: {
        firing: {
          expr: promql`
            1000 * ALERTS_FOR_STATE{alertname!="Watchdog"}
            and ignoring (alertstate)
            ALERTS{alertstate="firing"}`,
          legend: '',
        },
      },
      columns: {
        alertname: { title: 'Alert' },
        severity: { title: 'Severity' },
        agent_name: { title: 'Agent', isAgent: true },
        job: { title: 'Job' },
        cloud_region: { title: 'Region' },
        Value: { title: 'Since' },
      },
      span: 14,
      whenEmpty: 'None fires',
    },
    {
      shows: 'graph',
      title: 'When did alerts fire?',
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
      span: 10,
      whenEmpty: 'None fired',
    },
  ],
}
