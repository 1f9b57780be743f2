import { eventually } from '@swarmwatch/testkit'
import {
  activeAlerts,
  askPrometheus,
  buildImages,
  listMails,
  mailSettings,
  mailThat,
  numberFrom,
  openSlackSink,
  type OutsideAgents,
  type ProductionStack,
  type SlackSink,
  startOutsideAgents,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'

import { secretValues } from './stack/confinement.ts'
import { openTimeLine, type TimeLine } from './stack/time-line.ts'
import { orderTasks, workerHealth } from './stack/workers.ts'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted) console.log('skipped: the production stack takes 18 minutes and needs Docker; REQUIRE_STACK=1 runs it')

/** Origins of the links in a message. */
const origins = (text: string): ReadonlySet<string> => new Set(text.match(/https?:\/\/[^\s/"'<>|]+/g))

/** Where links may lead: Prometheus and Alertmanager have no public address in this stack. */
const reachable = new Set(['http://grafana.street.test', 'http://runbooks.street.test'])

const minutes = (count: number): number => count * 60_000
const workers = 3

/** Number of calls of an agent that fail at once: more than half of its runs. */
const failingCalls = 15

/** So many runs that do not fail that the swarm is well although an agent is not: an alert about the swarm would mute those about agents. */
const ticksPerSecond = 4

/**
 * docker-compose.production.yml as it is, with the thresholds, waits and intervals of production. One stack and one time line: what takes
 * minutes is begun early, and what happens meanwhile is asserted meanwhile. Each failing agent has a name of its own.
 */
describe.runIf(isWanted)('the production stack', () => {
  let stack: ProductionStack
  let slack: SlackSink
  let outside: OutsideAgents
  let timeLine: TimeLine
  const later: NodeJS.Timeout[] = []

  /** Slack's posts that name all of these. */
  const posts = (...words: readonly string[]): readonly string[] =>
    slack.posts.filter((post) => words.every((word) => post.includes(word)))
  const postThat = (withinSeconds: number, ...words: readonly string[]): Promise<string> =>
    eventually(`a post to Slack with ${words.join(', ')}`, async () => posts(...words)[0], {
      withinMs: withinSeconds * 1_000,
      everyMs: 500,
    })
  const orderFailures = async (): Promise<void> => {
    for (let worker = 1; worker <= workers; worker += 1) {
      const answers = await orderTasks(stack, { agent: 'api-integrator', fault: '500' }, failingCalls, worker)
      expect(answers).toEqual(Array.from({ length: failingCalls }, () => 202))
    }
  }

  beforeAll(async () => {
    await buildImages()
    slack = await openSlackSink()
    const askedMs = Date.now()
    stack = await startStack({ workers, settings: mailSettings(slack.url) })
    timeLine = openTimeLine()
    timeLine.note(`all services are healthy, ${((Date.now() - askedMs) / 1000).toFixed(0)} s after up`)
    if (stack.services.includes('jaeger')) await stack.compose('stop', 'jaeger')
    outside = startOutsideAgents(stack, ticksPerSecond)
  }, minutes(5))

  afterAll(async () => {
    for (const timer of later) clearTimeout(timer)
    if (timeLine !== undefined) console.log(timeLine.shown())
    await outside?.stop()
    await stack?.close()
    await slack?.close()
  }, minutes(2))

  const promise = (title: string, timeoutMinutes: number, keep: () => Promise<void>): void =>
    test(title, { timeout: minutes(timeoutMinutes) }, async () => {
      onTestFailed(async () => {
        console.log(`mails: ${JSON.stringify(await listMails(stack), undefined, 1)}`)
        console.log(`posts to Slack:\n${slack.posts.map((post) => post.slice(0, 300)).join('\n')}`)
        console.log(await stack.compose('logs', '--no-color', '--tail=40'))
      })
      await keep()
    })

  promise('a call becomes a metric', 2, async () => {
    expect(await orderTasks(stack, { agent: 'reviewer' }, 2)).toEqual([202, 202])
    await eventually(
      'runs of the reviewer in Prometheus',
      async () => {
        const runs = await numberFrom(stack, 'sum(agent_executions_total{agent_name="reviewer", outcome="success"})')
        return runs >= 2 ? true : undefined
      },
      { everyMs: 500 },
    )
    timeLine.note('the first runs are in Prometheus')
    // What takes minutes begins here
    await orderFailures()
    timeLine.note('api-integrator: its calls begin to fail; each waits 5, 15 and 30 s before it is given up')
    later.push(
      setTimeout(() => outside.fail('billing', failingCalls), 75_000),
      setTimeout(() => void orderFailures(), 85_000),
      setTimeout(() => outside.fail('nightly', failingCalls), 345_000),
      setTimeout(() => outside.fail('weekly', failingCalls), 560_000),
      setTimeout(() => outside.fail('weekly', failingCalls), 660_000),
    )
  })

  promise('three workers count as three', 2, async () => {
    const instances = await eventually(
      'three workers in Prometheus',
      async () => {
        const found = await askPrometheus(stack, 'sum by (instance) (agent_executions_total{job="swarmwatch/agent-worker"})')
        return found.length === workers ? found : undefined
      },
      { everyMs: 500 },
    )
    expect(new Set(instances.map(({ labels }) => labels['instance'])).size).toBe(workers)
  })

  promise('a failing agent mails a person and posts to Slack', 6, async () => {
    const mail = await mailThat(stack, 'api-integrator fails', 330, ({ subject }) =>
      /AgentErrorRateCritical.*api-integrator/.test(subject),
    )
    timeLine.note(`mail: ${mail.subject}`, mail.at)
    await postThat(30, 'AgentErrorRateCritical', 'api-integrator')
    timeLine.note('the same is in Slack')
    expect(mail.subject).toMatch(/^\[CRITICAL\] /)
    expect(mail.text).toContain('http://runbooks.street.test/AgentErrorRateCritical.md')
    expect(mail.text).toContain('http://grafana.street.test/')
    expect(origins(mail.text)).toEqual(reachable)
    slack.isDown = true
    timeLine.note('Slack is down')
  })

  promise('a dead Slack does not lose the alert', 8, async () => {
    const mail = await mailThat(stack, 'billing fails', 240, ({ subject }) => /AgentErrorRateCritical.*billing/.test(subject))
    timeLine.note(`mail: ${mail.subject}`, mail.at)
    expect(posts('billing')).toEqual([])
    slack.isDown = false
    timeLine.note('Slack is back')
    await postThat(240, 'billing')
    timeLine.note('Slack has been told of billing')
    await stack.compose('stop', 'alert-bridge')
    timeLine.note('the bridge is dead')
  })

  promise('the warning is silent while the critical fires', 5, async () => {
    const warning = await eventually(
      'the warning about api-integrator in Alertmanager',
      async () =>
        (await activeAlerts(stack)).find(
          ({ labels }) => labels['alertname'] === 'AgentErrorRateWarning' && labels['agent_name'] === 'api-integrator',
        ),
      { withinMs: 240_000, everyMs: 500 },
    )
    timeLine.note('the warning about api-integrator fires, muted')
    expect(warning.status.state).toBe('suppressed')
    expect(warning.status.inhibitedBy).not.toEqual([])
    // It is silent after that as well, and the next promises are kept
    await stack.compose('restart', 'alertmanager')
    timeLine.note('Alertmanager was restarted')
  })

  promise('a dead bridge is reported by mail', 7, async () => {
    const mail = await mailThat(stack, 'the bridge is dead', 330, ({ subject }) => /\] BridgeDown\b/.test(subject))
    timeLine.note(`mail from Alertmanager: ${mail.subject}`, mail.at)
    expect(mail.text).toContain('http://runbooks.street.test/BridgeDown.md')
    expect(origins(mail.text)).toEqual(reachable)
    await eventually(
      'nightly to fire while nobody hears it',
      async () =>
        (await activeAlerts(stack)).find(
          ({ labels }) => labels['alertname'] === 'AgentErrorRateCritical' && labels['agent_name'] === 'nightly',
        ),
      { withinMs: 240_000, everyMs: 500 },
    )
    await stack.compose('start', 'alert-bridge')
    timeLine.note('the bridge is back')
  })

  promise('what fired while the bridge was dead is told when it is back', 6, async () => {
    const mail = await mailThat(stack, 'nightly fails', 330, ({ subject }) => /AgentErrorRateCritical.*nightly/.test(subject))
    timeLine.note(`mail: ${mail.subject}`, mail.at)
    await postThat(30, 'AgentErrorRateCritical', 'nightly')
  })

  promise('the Collector drops no metric because the trace store is away', 1, async () => {
    const spans =
      'sum(otelcol_exporter_queue_size{exporter="otlp_grpc/traces"}) + (sum(otelcol_exporter_send_failed_spans_total) or vector(0))'
    expect(await numberFrom(stack, spans)).toBeGreaterThan(0)
    expect(await numberFrom(stack, 'sum(otelcol_exporter_sent_metric_points_total)')).toBeGreaterThan(1000)
    for (const dropped of ['send_failed', 'enqueue_failed']) {
      expect(await numberFrom(stack, `sum(otelcol_exporter_${dropped}_metric_points_total)`)).toBe(0)
    }
  })

  promise('a resolved alert says so, and nothing was told of the warning or of the swarm', 6, async () => {
    const isOver = ({ from, subject }: { from: string; subject: string }): boolean =>
      /AgentErrorRateCritical.*api-integrator/.test(subject) && /resolved/i.test(from)
    const mail = await mailThat(stack, 'api-integrator is well again', 330, isOver)
    timeLine.note(`mail from ${mail.from}: ${mail.subject}`, mail.at)
    expect(mail.text).toContain('It lasted')
    const subjects = (await listMails(stack)).map(({ subject }) => subject)
    for (const untold of ['AgentErrorRateWarning', 'SystemErrorRate', 'SwarmHealthLow']) {
      expect(subjects.filter((subject) => subject.includes(untold))).toEqual([])
      expect(posts(untold)).toEqual([])
    }
  })

  promise('a restart of each service loses nothing, and no wait begins anew', 10, async () => {
    // It waits for five minutes. Prometheus does not count its own absence, from its last evaluation to the second after its start
    const since = 'ALERTS_FOR_STATE{alertname="AgentErrorRateWarning", agent_name="weekly"}'
    await eventually(
      'weekly to have failed for two minutes',
      async () => ((await numberFrom(stack, `time() - ${since}`)) >= 120 ? true : undefined),
      { withinMs: 240_000, everyMs: 500 },
    )
    timeLine.note('weekly has failed for two minutes')
    // Alertmanager was restarted before. The next promise needs five minutes without it
    await stack.compose('stop', 'alertmanager')
    timeLine.note('Alertmanager is dead')
    const stoppedSeconds = Date.now() / 1000
    for (const service of ['alert-bridge', 'prometheus', 'otel-collector']) await stack.compose('restart', service)
    const restartedSeconds = Date.now() / 1000
    const byWorker = await Promise.all([1, 2, 3].map((worker) => workerHealth(stack, worker)))
    const before = byWorker.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0)
    await stack.compose('restart', 'agent-worker')
    timeLine.note('bridge, Prometheus, Collector and workers were restarted')
    const counted = await outside.counts()
    await eventually(
      'what the agents counted in Prometheus',
      async () => {
        for (const [agent, { success, failure }] of Object.entries(counted)) {
          const runs = (outcome: string): string => `sum(agent_executions_total{agent_name="${agent}", outcome="${outcome}"})`
          const stored = [await numberFrom(stack, runs('success')), await numberFrom(stack, runs('failure'))]
          if (stored[0]! < success || stored[1]! < failure)
            throw new Error(`${agent}: counted ${success}, ${failure}; stored ${stored.join(', ')}`)
        }
        const ofWorkers =
          'sum(max_over_time(agent_executions_total{job="swarmwatch/agent-worker", outcome=~"success|failure"}[30m]))'
        const stored = await numberFrom(stack, ofWorkers)
        if (stored < before) throw new Error(`workers: counted ${before}, stored ${stored}`)
        return true
      },
      { everyMs: 500 },
    )
    timeLine.note('every run that was counted is in Prometheus')
    const begunSeconds = await eventually(
      'weekly to fail for Prometheus as well',
      async () => {
        const seconds = await numberFrom(stack, `${since} and timestamp(${since}) > ${restartedSeconds}`)
        return seconds > 0 ? seconds : undefined
      },
      { withinMs: 150_000, everyMs: 500 },
    )
    expect(begunSeconds).toBeLessThan(stoppedSeconds)
    timeLine.note('Prometheus knows since when weekly fails')
  })

  promise('the swarm is told when the alerting itself dies', 8, async () => {
    const mail = await mailThat(stack, 'nothing comes from Alertmanager', 420, ({ subject }) => subject.includes('No Watchdog'))
    timeLine.note(`mail: ${mail.subject}`, mail.at)
    expect(mail.subject).toMatch(/^\[CRITICAL\] /)
    await postThat(30, 'No Watchdog')
  })

  promise('no secret was written to a log, by whatever happened so far', 1, async () => {
    const logs = await stack.compose('logs', '--no-color')
    expect(secretValues(stack).filter((secret) => logs.includes(secret))).toEqual([])
  })
})
