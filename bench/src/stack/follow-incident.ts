import { eventually, type SlackSink } from '@swarmwatch/testkit'
import { activeAlerts, mailThat, numberFrom, type OutsideAgents, type ProductionStack } from '@swarmwatch/testkit/stack'

/** Something that happened, in seconds after the first call failed for the first time. */
export interface Step {
  readonly what: string
  readonly seconds: number
}

const agent = 'billing'
const calls = 15
const patienceSeconds = 600

/** Lets calls of an agent outside the stack fail for good, and waits until a person has a mail and a post on Slack about it. */
export async function followIncident(stack: ProductionStack, outside: OutsideAgents, slack: SlackSink): Promise<readonly Step[]> {
  const begunMs = Date.now()
  const steps: Step[] = []
  const reached = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    await eventually(what, async () => ((await isSo()) ? true : undefined), { withinMs: patienceSeconds * 1_000, everyMs: 500 })
    steps.push({ what, seconds: (Date.now() - begunMs) / 1000 })
  }
  outside.fail(agent, calls)
  await reached('the retries after 5, 15 and 30 s have failed too', async () => {
    return ((await outside.counts())[agent]?.failure ?? 0) >= calls
  })
  await reached('the failures are in Prometheus', async () => {
    return (await numberFrom(stack, `sum(agent_executions_total{agent_name="${agent}", outcome="failure"})`)) >= calls
  })
  await reached('Alertmanager has the alert (the rule waits 2 minutes)', async () => {
    const alerts = await activeAlerts(stack)
    return alerts.some(({ labels }) => labels['agent_name'] === agent && labels['alertname'] === 'AgentErrorRateCritical')
  })
  await Promise.all([
    reached('Slack has the post (Alertmanager waits 30 s for more of the same)', async () => {
      return slack.posts.some((post) => post.includes('AgentErrorRateCritical') && post.includes(agent))
    }),
    reached('the mail is in the mailbox', async () => {
      await mailThat(stack, `${agent} is broken`, patienceSeconds, ({ subject }) => subject.includes(agent))
      return true
    }),
  ])
  return steps.toSorted((one, other) => one.seconds - other.seconds)
}
