import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { repositoryRoot } from '@swarmwatch/testkit'
import { amtool, listMails, numberFrom, type ProductionStack } from '@swarmwatch/testkit/stack'

/** How much the volumes hold, each asked of the service that owns it. */
export interface Kept {
  /** Runs of the reviewer, over all lives of the worker: `prometheus-data`. */
  readonly runs: number
  /** `alertmanager-data`. */
  readonly silences: number
  /** `alert-bridge-data`. */
  readonly deliveries: number
  /** `mailpit-data`. */
  readonly mails: number
}

/** Asks Prometheus, Alertmanager, the bridge and the mailbox. */
export async function whatIsKept(stack: ProductionStack): Promise<Kept> {
  const runs = 'sum(max_over_time(agent_executions_total{agent_name="reviewer", outcome="success"}[1h]))'
  return {
    runs: await numberFrom(stack, runs),
    silences: (await amtool(stack, ['silence', 'query', '--quiet'])).split('\n').filter(Boolean).length,
    deliveries: (JSON.parse(await askBridge(stack, 'deliveries?state=delivered')) as { deliveries: object[] }).deliveries.length,
    mails: (await listMails(stack)).length,
  }
}

/** Reports a notable event to the bridge, which delivers it. */
export async function reportEvent(stack: ProductionStack, title: string): Promise<void> {
  await askBridge(stack, 'events', { title })
}

async function askBridge(stack: ProductionStack, path: string, body?: object): Promise<string> {
  const ask = `const [path, body] = process.argv.slice(1)
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + require('node:fs').readFileSync('/run/secrets/bridge_token', 'utf8') }
    fetch('http://127.0.0.1:8090/api/v1/' + path, { headers, ...(body && { method: 'POST', body }) })
      .then(async (answer) => { console.log(await answer.text()); process.exit(answer.ok ? 0 : 1) })`
  return stack.exec('alert-bridge', ['node', '--eval', ask, path, ...(body === undefined ? [] : [JSON.stringify(body)])])
}

/** How many points wait in the Collector for Prometheus: `otel-collector-queue`. */
export async function heldByCollector(stack: ProductionStack): Promise<number> {
  const metrics = await stack.exec('otel-collector', ['/bin/wget', '-q', '-O', '-', 'http://otel-collector-metrics:8888/metrics'])
  return Number(/^otelcol_exporter_queue_size\{.*exporter="otlp_http\/prometheus".*\} (\S+)$/m.exec(metrics)?.[1])
}

/** Runs the shell commands below a heading of docs/operations.md in the stack's folder; `dc` there means this stack. */
export async function runAsDocumented(stack: ProductionStack, heading: string): Promise<void> {
  const page = readFileSync(`${repositoryRoot}docs/operations.md`, 'utf8')
  const commands = new RegExp(`^## ${heading}$[^]*?^\`\`\`sh\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (commands === undefined) throw new Error(`docs/operations.md has no commands below "${heading}"`)
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, COMPOSE_PROJECT_NAME: stack.project, DC: stack.commandLine.join(' '), UP: stack.upFlags.join(' ') }
  const dc = 'dc() { if [ "$1" = up ]; then shift; docker $DC up $UP "$@"; else docker $DC "$@"; fi; }'
  await new Promise<void>((resolve, reject) => {
    execFile('bash', ['-euc', `${dc}\n${commands}`], { cwd: stack.folder, env }, (error, stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`${heading}:\n${stdout}${stderr}`)),
    )
  })
}
