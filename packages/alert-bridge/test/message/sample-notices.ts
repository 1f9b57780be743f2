import type { Notice, NoticeAlert, NoticeKind } from '../../src/message/notice.ts'

/** A firing alert about an agent. */
export function sampleAlert(agent: string, more: Partial<NoticeAlert> = {}): NoticeAlert {
  return {
    status: 'firing',
    labels: { alertname: 'AgentErrorRateCritical', agent_name: agent, severity: 'critical' },
    annotations: {
      summary: `62 % of the runs of ${agent} failed in the last 5 minutes`,
      description: 'Most failures are 429: the model provider takes fewer calls than the agent makes.',
      runbook_url: 'https://example.com/runbooks/AgentErrorRateCritical',
    },
    startsAt: '2026-11-24T02:13:05Z',
    ...more,
  }
}

const over = { status: 'resolved', endsAt: '2026-11-24T02:25:09Z' } as const

/** One notice of each kind, as it may come. */
export const sampleNotices: Readonly<Record<NoticeKind, Notice>> = {
  firing: agentFails({
    links: {
      dashboard: 'https://grafana.example.com/d/agent?var-agent=api-integrator&from=1795486385000',
      traces: 'https://jaeger.example.com/search?service=swarm',
      alertmanager: 'https://alertmanager.example.com/#/alerts',
    },
  }),
  repeat: agentFails({ kind: 'repeat', alerts: [sampleAlert('api-integrator'), sampleAlert('writer')], truncatedAlerts: 3 }),
  escalation: agentFails({
    kind: 'escalation',
    escalation: {
      number: 2,
      of: 3,
      round: 1,
      who: 'Grace (on call, second-line)',
      before: [
        { who: 'Ada (on call, first-line)', at: '2026-11-24T02:13:10Z' },
        { who: 'Grace (on call, second-line)', at: '2026-11-24T02:23:10Z' },
      ],
      mentions: ['U012AB3CD', 'S0614TZR7'],
      problem: 'no channel serves +491701234567',
    },
  }),
  acknowledged: agentFails({ kind: 'acknowledged', acknowledgedBy: 'Ada' }),
  resolved: agentFails({ kind: 'resolved', alerts: [sampleAlert('api-integrator', over)] }),
  summary: agentFails({ kind: 'summary', alerts: [sampleAlert('api-integrator', over), sampleAlert('writer', over)] }),
  digest: agentFails({
    kind: 'digest',
    severity: 'warning',
    title: 'Many alerts',
    heldBack: 34,
    alerts: [
      sampleAlert('api-integrator'),
      sampleAlert('writer'),
      sampleAlert('planner', { ...over, labels: { alertname: 'AgentSlowResponses', agent_name: 'planner' } }),
    ],
  }),
  event: {
    kind: 'event',
    severity: 'info',
    incidentKey: 'event-1',
    title: 'Deployed version 2.4.1',
    text: 'Rolled out to all workers.\nThe model is now the small one.',
    alerts: [],
    startedAt: '2026-11-24T01:00:00Z',
    links: { release: 'https://example.com/releases/2.4.1' },
  },
  drill: {
    kind: 'drill',
    severity: 'critical',
    incidentKey: 'drill-1',
    title: 'Drill',
    alerts: [],
    startedAt: '2026-11-24T03:00:00Z',
  },
  meta: {
    kind: 'meta',
    severity: 'critical',
    incidentKey: 'meta-slack',
    title: 'Channel slack is down',
    text: 'Slack answered 404: no_service. Alerts go to email until the webhook in the settings is renewed.',
    alerts: [],
    links: { runbook: 'https://example.com/runbooks/BridgeDeliveryFailing' },
  },
}

function agentFails(more: Partial<Notice>): Notice {
  return {
    kind: 'firing',
    severity: 'critical',
    incidentKey: '{}:{alertname="AgentErrorRateCritical"}',
    title: 'AgentErrorRateCritical',
    alerts: [sampleAlert('api-integrator')],
    ...more,
  }
}
