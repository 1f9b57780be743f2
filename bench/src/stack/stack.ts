import { setTimeout as delay } from 'node:timers/promises'

import { eventually, runDocker } from '@swarmwatch/testkit'
import {
  activeAlerts,
  buildImages,
  type ContainerUse,
  containerUses,
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

import { type Part, whyNoDocker } from '../part.ts'
import { median } from '../statistics.ts'
import { asciiTable } from '../table.ts'

/** The benchmark of the production stack: start, resource usage, time from a failure to a message. */
export const stack: Part<StackResult> = {
  name: 'stack',
  cannotRun: ({ isShort }) => (isShort ? Promise.resolve('it takes six minutes, too long for a short run') : whyNoDocker()),
  measure: () => measureStack(),
  section({ without, secondsToHealthy, atRest, underLoad, ticksPerSecond, steps, images }) {
    const steady = atRest.map(({ name, memoryMegabytes, cpu }) => {
      const loaded = underLoad.find((use) => use.name === name)
      return [
        name,
        memoryMegabytes.toFixed(0),
        percent(cpu),
        loaded?.memoryMegabytes.toFixed(0) ?? '-',
        loaded ? percent(loaded.cpu) : '-',
      ]
    })
    return `## Production stack

\`\`\`
${asciiTable(
  ['from the first failure to the message', 's'],
  steps.map(({ what, seconds }) => [what, seconds.toFixed(1)]),
)}
\`\`\`

\`docker-compose.production.yml\` with the thresholds, waits and intervals of production: calls of an agent outside begin to fail, all at once. Most of the
time is what the rules wait for (failures in one burst can be chance); the pipeline itself takes seconds.

\`\`\`
${asciiTable(['container', 'MB at rest', 'core', 'MB under load', 'core'], steady)}
\`\`\`

At rest the reference swarm runs by its schedule; under load an agent outside runs ${ticksPerSecond} times a second besides. Medians; "core" is the share of one
core. All was healthy ${secondsToHealthy.toFixed(1)} s after \`up\`, with the images there.${without.length > 0 ? ` Without ${without.join(' and ')}, whose images were not to be had.` : ''} Memory over ten minutes, and what is
left when services are killed: [operations](operations.md).

\`\`\`
${asciiTable(
  ['image', 'MB'],
  images.map(({ name, megabytes }) => [name, megabytes.toFixed(0)]),
)}
\`\`\`

Sizes as Docker shows them on that machine.
`
  },
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export interface StackResult {
  /** Services that could not run here. */
  readonly without: readonly string[]
  readonly secondsToHealthy: number
  readonly atRest: readonly ContainerUse[]
  readonly underLoad: readonly ContainerUse[]
  readonly ticksPerSecond: number
  readonly steps: readonly Step[]
  readonly images: readonly { readonly name: string; readonly megabytes: number }[]
}

const ticksPerSecond = 200
const restSeconds = 60

/** docker-compose.production.yml as it is: start, resource usage, time from a failure to a message. About six minutes. */
async function measureStack(): Promise<StackResult> {
  await buildImages()
  await using started = new AsyncDisposableStack()
  const slack = started.adopt(await openSlackSink(), (sink) => sink.close())
  const askedMs = performance.now()
  const stack = started.adopt(await startStack({ settings: mailSettings(slack.url) }), (one) => one.close())
  const secondsToHealthy = (performance.now() - askedMs) / 1000
  const rest = watchUse(stack)
  await delay(restSeconds * 1000)
  const atRest = await rest.stop()
  const outside = started.adopt(startOutsideAgents(stack, ticksPerSecond), (agents) => agents.stop().then(() => undefined))
  const load = watchUse(stack)
  const steps = await followIncident(stack, outside, slack)
  const underLoad = await load.stop()
  const named = await services(stack)
  return {
    without: named.filter((name) => !stack.services.includes(name)),
    secondsToHealthy,
    atRest,
    underLoad,
    ticksPerSecond,
    steps,
    images: await imageSizes(stack),
  }
}

async function services(stack: ProductionStack): Promise<readonly string[]> {
  return (await stack.compose('config', '--services')).trim().split('\n')
}

async function imageSizes(stack: ProductionStack): Promise<StackResult['images']> {
  const names = (await stack.compose('images', '--quiet')).trim().split('\n')
  const { output } = await runDocker(['image', 'inspect', '--format={{index .RepoTags 0}} {{.Size}}', ...new Set(names)])
  return output
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name = '', bytes]) => ({ name, megabytes: Number(bytes) / 1e6 }))
    .toSorted((one, other) => one.name.localeCompare(other.name))
}

/** Something that happened, in seconds after the first call failed for the first time. */
export interface Step {
  readonly what: string
  readonly seconds: number
}

const agent = 'billing'
const calls = 15
const patienceSeconds = 600

/** Makes calls of an agent outside the stack fail permanently, and waits for the mail and the post on Slack about it. */
async function followIncident(stack: ProductionStack, outside: OutsideAgents, slack: SlackSink): Promise<readonly Step[]> {
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

/** Samples all containers until `stop()`, which returns the medians. */
function watchUse(stack: ProductionStack, everyMs = 5_000): { stop(): Promise<readonly ContainerUse[]> } {
  const stopping = new AbortController()
  const samples: ContainerUse[] = []
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      samples.push(...(await containerUses(stack)))
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  watching.catch(() => {})
  return {
    async stop() {
      stopping.abort()
      await watching
      return [...new Set(samples.map(({ name }) => name))].toSorted().map((name) => {
        const own = samples.filter((sample) => sample.name === name)
        return {
          name,
          memoryMegabytes: median(own.map(({ memoryMegabytes }) => memoryMegabytes)),
          cpu: median(own.map(({ cpu }) => cpu)),
        }
      })
    },
  }
}
