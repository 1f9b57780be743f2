import { runDocker } from '../docker.ts'
import type { ProductionStack } from './production-stack.ts'

/** A container of the stack, as the engine sees it. */
export interface ContainerState {
  readonly id: string
  readonly name: string
  readonly service: string
  /** Process on this machine; 0 while it does not run. */
  readonly pid: number
  /** How often the engine started it again by itself. */
  readonly restarts: number
  readonly isHealthy: boolean
}

/** All containers of the stack. */
export async function containerStates(stack: ProductionStack): Promise<readonly ContainerState[]> {
  const ids = (await stack.compose('ps', '--all', '--quiet')).trim().split('\n')
  const { output } = await runDocker(['inspect', ...ids])
  const inspected = JSON.parse(output) as {
    Id: string
    Name: string
    RestartCount: number
    State: { Pid: number; Health?: { Status: string } }
    Config: { Labels: Record<string, string> }
  }[]
  return inspected.map(({ Id, Name, RestartCount, State, Config }) => ({
    id: Id,
    name: Name.replace(/^\/swarmwatch-stack-\w+-/, ''),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    pid: State.Pid,
    restarts: RestartCount,
    isHealthy: State.Health?.Status === 'healthy',
  }))
}

/** Resource usage of a container. */
export interface ContainerUse {
  readonly name: string
  readonly memoryMegabytes: number
  /** Share of one core, 0-1. */
  readonly cpu: number
}

/** Memory and processor of each container now. Takes about two seconds: the engine looks twice. */
export async function containerUses(stack: ProductionStack): Promise<readonly ContainerUse[]> {
  const states = await containerStates(stack)
  const { output } = await runDocker([
    'stats',
    '--no-stream',
    '--format={{.Name}} {{.MemUsage}} {{.CPUPerc}}',
    ...states.map(({ id }) => id),
  ])
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const [, name = '', amount = '0', unit = 'MiB', cpu = '0'] = /-stack-\w+-(\S+) ([\d.]+)(\w+) .* ([\d.]+)%$/.exec(line) ?? []
      const megabytes = { GiB: 1024, MiB: 1, KiB: 1 / 1024 }[unit] ?? 0
      return { name, memoryMegabytes: Number(amount) * megabytes, cpu: Number(cpu) / 100 }
    })
}
