import { setTimeout as delay } from 'node:timers/promises'

import { eventually } from '@swarmwatch/testkit'
import { containerStates, type ContainerUse, containerUses, numberFrom } from '@swarmwatch/testkit/stack'
import { expect, test } from 'vitest'

import { workerHealth } from '../stack/workers.ts'
import { loadedStack } from './loaded-stack.ts'
import { markdownTable } from './markdown-table.ts'

const soakMinutes = 10
const ticksPerSecond = 200

const loaded = loadedStack({ tasksPerMinute: 120 })

/** A process' series, with and without a label for the agent: of the worker, whose three agents recover and use tools. */
async function seriesRows(): Promise<readonly (readonly [string, number])[]> {
  const worker = 'job="swarmwatch/agent-worker"'
  const withoutAgent = `count({${worker}, agent_name="", gen_ai_agent_name=""})`
  const byAgent = `count by (agent) (label_join({${worker}, agent_name!=""}, "agent", "", "agent_name") or label_join({${worker}, gen_ai_agent_name!=""}, "agent", "", "gen_ai_agent_name"))`
  const queries: Readonly<Record<string, string>> = {
    'all that Prometheus has': 'prometheus_tsdb_head_series',
    'the worker, with its three agents': `count({${worker}})`,
    'the worker, whatever its agents do': withoutAgent,
    'an agent of the worker, on average': `avg(${byAgent})`,
    'an agent of the worker, at most': `max(${byAgent})`,
    'the trivial application, with one agent': 'count({job="street/outside-agents"})',
    'the stack itself': 'count({job=~"otel-collector|prometheus|alertmanager|alert-bridge"})',
    'made by rules': 'count({__name__=~".+:.+"})',
  }
  return Promise.all(Object.entries(queries).map(async ([what, query]) => [what, await numberFrom(loaded.stack, query)] as const))
}

test(
  `${soakMinutes} minutes of ${ticksPerSecond} runs a second alongside the reference swarm at 2: memory is flat, nothing was restarted, and every run was counted`,
  { timeout: 30 * 60_000 },
  async () => {
    const { stack } = loaded
    await delay(30_000)
    console.log(`before the load (the reference swarm alone)\n${useTable(useByMinute([await containerUses(stack)]))}`)
    const outside = loaded.startAgents(ticksPerSecond)
    const samples: Awaited<ReturnType<typeof containerUses>>[][] = Array.from({ length: soakMinutes }, () => [])
    const begunMs = performance.now()
    for (let minute = 0; minute < soakMinutes; minute = Math.floor((performance.now() - begunMs) / 60_000)) {
      samples[minute]!.push(await containerUses(stack))
      await delay(8_000)
    }
    const counted = (await outside.counts())['ticker']!.success
    const perSecond = (counted * 1000) / (performance.now() - begunMs)
    const { succeeded, failed } = await workerHealth(stack)
    const uses = useByMinute(...samples)
    console.log(`under load, MB by minute\n${useTable(uses)}`)
    console.log(`${counted} runs of the trivial agent, ${perSecond.toFixed(1)} a second; ${succeeded + failed} of the swarm`)
    console.log(markdownTable([['series of', 'count'], ...(await seriesRows())]))

    for (const { name, restarts } of await containerStates(stack)) expect([name, restarts]).toEqual([name, 0])
    // The first three minutes fill caches; what grows by less than 25 MB or a tenth in the six after is flat
    for (const { name, megabytes } of uses) {
      const [early, late] = [megabytes.slice(3, 5), megabytes.slice(-2)].map(
        (part) => part.reduce((a, b) => a + b, 0) / part.length,
      )
      expect([name, late! < Math.max(early! * 1.1, early! + 25)]).toEqual([name, true])
    }
    expect(perSecond).toBeGreaterThan(ticksPerSecond * 0.98)
    await eventually(
      `${counted} runs in Prometheus`,
      async () => {
        const runs = await numberFrom(stack, 'sum(agent_executions_total{agent_name="ticker", outcome="success"})')
        return runs >= counted ? true : undefined
      },
      { everyMs: 500 },
    )
  },
)

/** Resource usage of a container: memory by minute, and the median share of a core. */
export interface UseByMinute {
  readonly name: string
  readonly megabytes: readonly number[]
  /** Share of one core, 0-1. */
  readonly cpu: number
}

/** Puts the samples of each minute together. */
export function useByMinute(...minutes: readonly (readonly (readonly ContainerUse[])[])[]): readonly UseByMinute[] {
  const names = minutes[0]?.[0]?.map(({ name }) => name) ?? []
  return names.toSorted().map((name) => {
    const own = minutes.map((samples) => samples.flatMap((sample) => sample.find((use) => use.name === name) ?? []))
    const cpus = own.flat().map(({ cpu }) => cpu)
    return {
      name,
      megabytes: own.map((uses) => uses.reduce((sum, { memoryMegabytes }) => sum + memoryMegabytes, 0) / uses.length),
      cpu: cpus.toSorted((a, b) => a - b)[Math.floor(cpus.length / 2)] ?? 0,
    }
  })
}

/** A line for each container. */
export function useTable(uses: readonly UseByMinute[]): string {
  const minutes = uses[0]?.megabytes.map((_, minute) => `${minute + 1}`) ?? []
  const rows = uses.map(({ name, cpu, megabytes }) => [
    name,
    `${(cpu * 100).toFixed(1)} %`,
    ...megabytes.map((amount) => amount.toFixed(0)),
  ])
  return markdownTable([['container', 'core', ...minutes], ...rows])
}
