/** What Alertmanager would post: a group with one alert, about 1.6 kB; every number is another group. */
export function alertRequest(number: number, token: string, severity = 'warning'): Buffer {
  const body = alertBody(number, severity)
  return Buffer.from(
    `POST /api/v1/alerts HTTP/1.1\r\nHost: bridge\r\nUser-Agent: Alertmanager/0.33.1\r\nContent-Type: application/json\r\n` +
      `Authorization: Bearer ${token}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function alertBody(number: number, severity: string): string {
  const agent = `agent-${number}`
  const groupLabels = { alertname: 'AgentErrorRateCritical', agent_name: agent, job: 'agent-worker' }
  const labels = {
    ...groupLabels,
    severity,
    cloud_region: 'eu-west-1',
    deployment_environment_name: 'production',
    instance: 'agent-worker-1:9090',
    service_namespace: 'swarm',
  }
  const annotations = {
    summary: `${agent} fails: 62 % of its executions in the last 5 minutes`,
    description: `Agent ${agent} in eu-west-1 failed 62 % of its executions in the last 5 minutes; the threshold is 50 %.`,
    runbook_url: 'https://example.com/docs/runbooks.md#agenterrorratecritical',
    dashboard_url: `https://example.com/d/agents?var-agent=${agent}`,
  }
  return JSON.stringify({
    receiver: 'bridge',
    status: 'firing',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations,
        startsAt: '2026-11-24T01:00:00.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus:9090/graph?g0.expr=agent%3Aerror_ratio+%3E+0.5&g0.tab=1',
        fingerprint: number.toString(16).padStart(16, '0'),
      },
    ],
    groupLabels,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager:9093',
    version: '4',
    groupKey: `{}:{alertname="AgentErrorRateCritical", agent_name="${agent}"}`,
    truncatedAlerts: 0,
    notification_reason: 'first notification',
  })
}
