import { setTimeout as delay } from 'node:timers/promises'

import { openSlackSink, runDocker } from '@swarmwatch/testkit'
import {
  buildImages,
  type ContainerUse,
  mailSettings,
  type ProductionStack,
  startOutsideAgents,
  startStack,
} from '@swarmwatch/testkit/stack'

import { followIncident, type Step } from './follow-incident.ts'
import { watchUse } from './service-use.ts'

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

/** docker-compose.production.yml as it is: how soon it is healthy, what its services use, how soon a person knows. About six minutes. */
export async function measureStack(): Promise<StackResult> {
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
