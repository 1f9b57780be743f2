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
