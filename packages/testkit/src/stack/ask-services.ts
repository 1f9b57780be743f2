import { runDocker } from '../docker.ts'
import type { ProductionStack } from './production-stack.ts'

/** A series of an answer, with its value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Asks Prometheus from inside the stack, as the runbooks do. */
export async function askPrometheus(stack: ProductionStack, expression: string): Promise<readonly Sample[]> {
  const login = '--http.config.file=/etc/prometheus/client.yaml'
  const answer = await stack.exec('prometheus', [
    'promtool',
    'query',
    'instant',
    login,
    '--format=json',
    'http://127.0.0.1:9090',
    expression,
  ])
  const samples = JSON.parse(answer) as { metric: Record<string, string>; value: [number, string] }[]
  return samples.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
}

/** The one number of an answer; 0 when there is none. */
export async function numberFrom(stack: ProductionStack, expression: string): Promise<number> {
  const [sample] = await askPrometheus(stack, expression)
  return sample?.value ?? 0
}

/** An alert as Alertmanager has it. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly status: { readonly state: 'active' | 'suppressed' | 'unprocessed'; readonly inhibitedBy: readonly string[] }
}

/** Returns the firing alerts of Alertmanager, muted or not. */
export async function activeAlerts(stack: ProductionStack): Promise<readonly ActiveAlert[]> {
  const kinds = ['--active', '--inhibited', '--silenced', '--unprocessed']
  return JSON.parse(await amtool(stack, ['alert', 'query', ...kinds, '--output=json'])) as ActiveAlert[]
}

/** Runs amtool in the container of Alertmanager, logged in as the runbooks do. */
export function amtool(stack: ProductionStack, args: readonly string[]): Promise<string> {
  const login = ['--http.config.file=/etc/amtool/client.yaml', '--alertmanager.url=http://127.0.0.1:9093']
  return stack.exec('alertmanager', ['amtool', ...login, ...args])
}

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
