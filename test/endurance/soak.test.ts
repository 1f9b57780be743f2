import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'

import { numberFrom } from '../stack/ask-prometheus.ts'
import { containerStates, containerUses } from '../stack/container-state.ts'
import { mailSettings } from '../stack/mail-settings.ts'
import { startOutsideAgents, type OutsideAgents } from '../stack/outside-agents.ts'
import { buildImages, startStack, type ProductionStack } from '../stack/production-stack.ts'
import { openSlackSink, type SlackSink } from '../stack/slack-sink.ts'
import { shownUse, useByMinute } from './use-by-minute.ts'

const soakMinutes = 10
const ticksPerSecond = 200

let stack: ProductionStack
let slack: SlackSink
let outside: OutsideAgents

beforeAll(async () => {
  await buildImages()
  slack = await openSlackSink()
  stack = await startStack({ settings: { ...mailSettings(slack.url), WORKER_TASKS_PER_MINUTE: '120' } })
}, 600_000)

afterAll(async () => {
  await outside?.stop()
  await stack?.close()
  slack?.close()
}, 120_000)

test(
  `${soakMinutes} minutes of ${ticksPerSecond} runs a second beside the reference swarm at 2: memory is flat, and nothing was restarted`,
  { timeout: 30 * 60_000 },
  async () => {
    onTestFailed(async () => console.log(await stack.compose('logs', '--no-color', '--tail=60')))
    await delay(30_000)
    console.log(`at rest (the reference swarm at 2 a second alone)\n${shownUse(useByMinute([await containerUses(stack)]))}`)
    outside = startOutsideAgents(stack, ticksPerSecond)
    const samples: Awaited<ReturnType<typeof containerUses>>[] = []
    const endMs = performance.now() + soakMinutes * 60_000
    while (performance.now() < endMs) {
      samples.push(await containerUses(stack))
      await delay(10_000)
    }
    const uses = useByMinute(samples)
    console.log(`under load\n${shownUse(uses)}`)
    const runs = 'sum by () (max_over_time(agent_executions_total{outcome="success"}[30m]))'
    console.log(`runs in Prometheus: ${await numberFrom(stack, runs)}`)
    console.log(`series: ${await numberFrom(stack, 'prometheus_tsdb_head_series')}`)
    console.log(`series of a worker: ${await numberFrom(stack, 'count({job="swarmwatch/agent-worker"})')}`)
    console.log(`series of the application outside: ${await numberFrom(stack, 'count({job="street/outside-agents"})')}`)
    for (const { name, restarts } of await containerStates(stack)) expect([name, restarts]).toEqual([name, 0])
    // The first third is for filling caches; what grows by less than 25 MB or a tenth in six minutes is flat
    for (const { name, megabytes } of uses) {
      const [early, late] = [megabytes.slice(3, 5), megabytes.slice(-2)].map(
        (part) => part.reduce((a, b) => a + b, 0) / part.length,
      )
      expect([name, late! < Math.max(early! * 1.1, early! + 25)]).toEqual([name, true])
    }
  },
)
