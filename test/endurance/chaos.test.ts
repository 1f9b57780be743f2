import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'

import { askPrometheus, numberFrom } from '../stack/ask-prometheus.ts'
import { containerStates } from '../stack/container-state.ts'
import { eventually } from '../stack/eventually.ts'
import { mailSettings } from '../stack/mail-settings.ts'
import { listMails } from '../stack/mailbox.ts'
import { startOutsideAgents, type OutsideAgents } from '../stack/outside-agents.ts'
import { buildImages, startStack, type ProductionStack } from '../stack/production-stack.ts'
import { openSlackSink, type SlackSink } from '../stack/slack-sink.ts'
import { openTimeLine } from '../stack/time-line.ts'
import { orderTasks } from '../stack/workers.ts'
import { seededChance } from './seeded-chance.ts'
import { watchWorkers } from './watch-workers.ts'

const workers = 3
const killable = ['agent-worker', 'otel-collector', 'prometheus', 'alertmanager', 'alert-bridge']
const kills = 20
const loadMinutes = 10
const seed = Number(process.env['CHAOS_SEED'] ?? 1)

let stack: ProductionStack
let slack: SlackSink
let outside: OutsideAgents

beforeAll(async () => {
  await buildImages()
  slack = await openSlackSink()
  stack = await startStack({ workers, settings: { ...mailSettings(slack.url), WORKER_TASKS_PER_MINUTE: '30' } })
  outside = startOutsideAgents(stack)
}, 600_000)

afterAll(async () => {
  await outside?.stop()
  await stack?.close()
  slack?.close()
}, 120_000)

/** Kills the process of a container as a crash does: the engine is not told, and starts it again. Needs to be root on this machine. */
async function crash(chance: () => number): Promise<string> {
  const victims = (await containerStates(stack)).filter(({ service, pid }) => killable.includes(service) && pid > 0)
  const { name, pid } = victims[Math.floor(chance() * victims.length)]!
  process.kill(pid, 'SIGKILL')
  return name
}

test(
  `${kills} kill -9 in ${loadMinutes} minutes of load: every failed run that was counted is in Prometheus, and every alert reached the mailbox`,
  { timeout: 40 * 60_000 },
  async () => {
    onTestFailed(async () => console.log(await stack.compose('logs', '--no-color', '--tail=60')))
    const chance = seededChance(seed)
    const timeLine = openTimeLine()
    const load = setInterval(() => {
      outside.fail('billing', 6)
      for (let worker = 1; worker <= workers; worker += 1) {
        // A worker that was just killed takes nothing
        orderTasks(stack, { agent: 'api-integrator', fault: '500' }, 3, worker).catch(() => undefined)
      }
    }, 30_000)
    const watch = watchWorkers(stack, workers)
    for (let kill = 1; kill <= kills; kill += 1) {
      await delay(((loadMinutes * 60_000) / kills) * (0.5 + chance()))
      timeLine.note(`kill -9 ${await crash(chance)}`)
    }
    clearInterval(load)
    // The last failing calls take 50 s
    await delay(60_000)
    await eventually('all services to be healthy', 180, async () =>
      (await containerStates(stack)).every(({ isHealthy }) => isHealthy) ? true : undefined,
    )
    const counted = await outside.counts()
    await eventually('what the agents outside counted in Prometheus', 180, async () => {
      for (const [agent, { success, failure }] of Object.entries(counted)) {
        const stored = (outcome: string): Promise<number> =>
          numberFrom(
            stack,
            `sum(agent_executions_total{agent_name="${agent}", job="street/outside-agents", outcome="${outcome}"})`,
          )
        const [successes, failures] = [await stored('success'), await stored('failure')]
        if (successes < success || failures < failure)
          throw new Error(`${agent}: ${success}, ${failure}; stored ${successes}, ${failures}`)
      }
      return true
    })
    const expected = await watch.end()
    const ofWorkers = 'sum(max_over_time(agent_executions_total{job="swarmwatch/agent-worker", outcome=~"success|failure"}[40m]))'
    const storedOfWorkers = await eventually('what the workers counted in Prometheus', 120, async () => {
      const stored = await numberFrom(stack, ofWorkers)
      if (stored < expected) throw new Error(`counted ${expected}, stored ${stored}`)
      return stored
    })
    const firing =
      'count by (alertname, agent_name, severity) (max_over_time(ALERTS{alertstate="firing", alertname!="Watchdog"}[30m]))'
    const fired = (await askPrometheus(stack, firing)).map(({ labels }) => labels)
    const critical = fired.filter(({ severity }) => severity === 'critical')
    const untold = await eventually('a mail of each critical alert', 600, async () => {
      const subjects = (await listMails(stack)).map(({ subject }) => subject).join('\n')
      const missing = critical.filter(
        ({ alertname = '', agent_name: agent = '' }) => !new RegExp(`${alertname}.*${agent}`).test(subjects),
      )
      if (missing.length > 0) throw new Error(JSON.stringify(missing))
      return missing
    }).catch((error: Error) => [{ alertname: String(error.cause) }])
    timeLine.note('the end')
    console.log(`seed ${seed}\n${timeLine.shown()}`)
    console.log(`counted outside ${JSON.stringify(counted)}`)
    console.log(`workers: ${expected} counted until an export before each kill, ${storedOfWorkers} stored`)
    console.log(
      `fired: ${fired.map(({ alertname, agent_name: agent, severity }) => `${alertname} ${agent ?? ''} ${severity}`).join(', ')}`,
    )
    console.log(`mails:\n${(await listMails(stack)).map(({ subject, from }) => `${from}: ${subject}`).join('\n')}`)
    console.log(`restarts: ${(await containerStates(stack)).map(({ name, restarts }) => `${name} ${restarts}`).join(', ')}`)
    expect(untold).toEqual([])
    expect(critical.length).toBeGreaterThan(0)
  },
)
