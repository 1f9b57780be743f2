import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { eventually } from '@swarmwatch/testkit'
import { containerStates, listMails, numberFrom } from '@swarmwatch/testkit/stack'
import { expect, test } from 'vitest'

import { openTimeLine } from '../stack/time-line.ts'
import { orderTasks } from '../stack/workers.ts'
import { fatesOf, watchAlerts } from './alert-fates.ts'
import { loadedStack } from './loaded-stack.ts'
import { markdownTable } from './markdown-table.ts'
import { type FinishedRuns, watchWorkers } from './watch-workers.ts'

const workers = 3
const killable = ['agent-worker', 'otel-collector', 'prometheus', 'alertmanager', 'alert-bridge']
const kills = 20
const loadMinutes = 10
const seed = Number(process.env['CHAOS_SEED'] ?? 1)

const loaded = loadedStack({ workers, tasksPerMinute: 30 })

/** Kills the process of a container as a crash does: the engine is not involved, and starts it again. Needs to be root on this machine. */
async function crash(chance: () => number): Promise<string> {
  const victims = (await containerStates(loaded.stack)).filter(({ service, pid }) => killable.includes(service) && pid > 0)
  const { name, pid } = victims[Math.floor(chance() * victims.length)]!
  process.kill(pid, 'SIGKILL')
  return name
}

/** Runs in Prometheus by how they ended, over all lives of the processes that `selector` names. */
async function stored(selector: string): Promise<FinishedRuns> {
  const runs = (outcome: string): Promise<number> =>
    numberFrom(loaded.stack, `sum(max_over_time(agent_executions_total{${selector}, outcome="${outcome}"}[40m]))`)
  return { success: await runs('success'), failure: await runs('failure') }
}

/** Waits until as many are stored as were counted; returns the stored number, after three minutes even if it differs. */
async function storedAfter(counted: FinishedRuns, selector: string): Promise<FinishedRuns> {
  let last: FinishedRuns = { success: 0, failure: 0 }
  return eventually(
    `what was counted of ${selector} in Prometheus`,
    async () => {
      last = await stored(selector)
      return last.success >= counted.success && last.failure >= counted.failure ? last : undefined
    },
    { withinMs: 180_000, everyMs: 500 },
  ).catch(() => last)
}

test(
  `${kills} kill -9 in ${loadMinutes} minutes of load: every failed run that was counted is in Prometheus, and every alert reached the mailbox`,
  { timeout: 40 * 60_000 },
  async () => {
    const { stack } = loaded
    const outside = loaded.startAgents(2)
    const chance = seededChance(seed)
    const timeLine = openTimeLine()
    const load = setInterval(() => {
      outside.fail('billing', 6)
      for (let worker = 1; worker <= workers; worker += 1) {
        // A worker that was just killed takes nothing
        orderTasks(stack, { agent: 'api-integrator', fault: '500' }, 3, worker).catch(() => undefined)
      }
    }, 30_000)
    const [workerWatch, alertWatch] = [watchWorkers(stack, workers), watchAlerts(stack)]
    for (let kill = 1; kill <= kills; kill += 1) {
      await delay(((loadMinutes * 60_000) / kills) * (0.5 + chance()))
      timeLine.note(`kill -9 ${await crash(chance)}`)
    }
    clearInterval(load)
    // The last failing calls take 50 s
    await delay(60_000)
    await eventually(
      'all services to be healthy',
      async () => ((await containerStates(stack)).every(({ isHealthy }) => isHealthy) ? true : undefined),
      { withinMs: 180_000, everyMs: 500 },
    )

    const counted: Record<string, FinishedRuns> = { ...(await outside.counts()), 'the workers': await workerWatch.end() }
    const inPrometheus: Record<string, FinishedRuns> = {}
    for (const [who, runs] of Object.entries(counted)) {
      const isOutside = who !== 'the workers'
      const selector = isOutside ? `job="street/outside-agents", agent_name="${who}"` : 'job="swarmwatch/agent-worker"'
      inPrometheus[who] = await storedAfter(runs, selector)
    }
    const fates = await eventually(
      'a mail of each alert',
      async () => {
        const found = await fatesOf(stack, await alertWatch.fired())
        return [...found.values()].includes('LOST') ? undefined : found
      },
      { withinMs: 600_000, everyMs: 500 },
    ).catch(async () => fatesOf(stack, await alertWatch.fired()))
    alertWatch.end()
    timeLine.note('the end')

    console.log(`seed ${seed}\n${timeLine.shown()}`)
    const runRows = Object.entries(counted).map(([who, { success, failure }]) => {
      const has = inPrometheus[who]!
      return [who, failure, has.failure, Math.max(0, failure - has.failure), success, has.success]
    })
    console.log(
      markdownTable([['who', 'failures counted', 'in Prometheus', 'lost', 'successes counted', 'in Prometheus'], ...runRows]),
    )
    const alertRows = [...fates].map(([{ name, about, severity, firedSeconds, unmutedSeconds }, fate]) => [
      name,
      about,
      severity,
      firedSeconds,
      unmutedSeconds,
      fate,
    ])
    console.log(markdownTable([['alert', 'about', 'severity', 'fired, s', 'not muted, s', 'became of it'], ...alertRows]))
    const restartRows = (await containerStates(stack)).map(({ name, restarts }) => [name, restarts])
    console.log(markdownTable([['container', 'started again'], ...restartRows]))
    console.log(`mails:\n${(await listMails(stack)).map(({ subject, from }) => `${from}: ${subject}`).join('\n')}`)

    for (const [who, { failure }] of Object.entries(counted)) {
      expect(inPrometheus[who]!.failure, `failed runs of ${who}`).toBeGreaterThanOrEqual(failure)
      expect(failure, `failed runs of ${who}`).toBeGreaterThan(who === 'ticker' ? -1 : 50)
    }
    expect([...fates].filter(([, fate]) => fate === 'LOST' || fate === 'MAILED THOUGH MUTED')).toEqual([])
    expect([...fates].filter(([{ severity }, fate]) => severity === 'critical' && fate === 'mailed')).not.toEqual([])
  },
)

/** Numbers from 0 to 1, the same for the same seed. */
export function seededChance(seed: number): () => number {
  let drawn = 0
  return () => Number.parseInt(hash('sha256', `${seed}:${(drawn += 1)}`).slice(0, 8), 16) / 2 ** 32
}
