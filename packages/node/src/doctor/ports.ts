import { createServer } from 'node:net'

import { type Configuration, hostAndPort, readBody } from '@swarmwatch/config'
import { listen, ListenError, localUrl } from '@swarmwatch/config/listen'

import { type Finding, ok, wrong } from './finding.ts'

interface Listener {
  readonly what: string
  readonly variable: 'MONITOR' | 'METRICS'
  readonly host: string
  readonly port: number
  readonly ask: () => Promise<Answerer>
}

/** Findings about the ports, and the application that runs there. */
export interface CheckedPorts {
  readonly findings: readonly Finding[]
  /** The application that answers on one of the ports; `serviceName` if its answer contains it; `metrics` is the text of /metrics. */
  readonly application:
    | { readonly serviceName: string | undefined; readonly isRecording: boolean; readonly metrics: string | undefined }
    | undefined
}

/**
 * Checks that the ports of the status page and of /metrics are free, or that the running
 * application listens on them.
 */
export async function checkPorts(
  { monitor, metrics }: Pick<Configuration, 'monitor' | 'metrics'>,
  timeoutMs = 3_000,
): Promise<CheckedPorts> {
  const listeners: Listener[] = [
    ...(monitor.enabled
      ? [{ what: 'the status page', variable: 'MONITOR' as const, ...monitor, ask: () => askPage(monitor, timeoutMs) }]
      : []),
    ...(metrics.enabled
      ? [{ what: '/metrics', variable: 'METRICS' as const, ...metrics, ask: () => askMetrics(metrics, timeoutMs) }]
      : []),
  ]
  const [first, second] = listeners
  if (first && second && first.port === second.port && first.port !== 0) {
    const finding = wrong(`MONITOR_PORT and METRICS_PORT are both ${first.port}: set one of them to another port`)
    return { findings: [finding], application: undefined }
  }
  const checked = await Promise.all(listeners.map(checkPort))
  const ours = checked.flatMap(({ answerer, variable }) => (answerer?.kind === 'swarmwatch' ? { ...answerer, variable } : []))
  return {
    findings: checked.map(({ finding }) => finding),
    application:
      ours.length === 0
        ? undefined
        : {
            serviceName: ours.find(({ serviceName }) => serviceName !== undefined)?.serviceName,
            isRecording: ours.some(({ variable }) => variable === 'METRICS'),
            metrics: ours.find(({ metrics }) => metrics !== undefined)?.metrics,
          },
  }
}

interface CheckedPort {
  readonly variable: Listener['variable']
  readonly finding: Finding
  readonly answerer?: Answerer
}

async function checkPort({ what, variable, host, port, ask }: Listener): Promise<CheckedPort> {
  if (port === 0) return { variable, finding: ok(`${what} takes any free port (${variable}_PORT is 0)`) }
  const problem = await listenProblem(host, port, variable)
  if (problem === undefined) return { variable, finding: ok(`port ${port} of ${host} is free for ${what}`) }
  if (problem.reason === 'port-taken') {
    const answerer = await ask()
    return { variable, answerer, finding: takenBy(answerer, { what, variable, host, port }) }
  }
  if (problem.reason === 'port-not-allowed') {
    const finding = wrong(`this user is not allowed to open port ${port} (EACCES): set ${variable}_PORT to a port above 1023`)
    return { variable, finding }
  }
  const finding = wrong(`${what} cannot listen on ${host} (${problem.code}): set ${variable}_HOST to an address of this machine`)
  return { variable, finding }
}

function takenBy(answerer: Answerer, { what, variable, host, port }: Omit<Listener, 'ask'>): Finding {
  if (answerer.kind === 'swarmwatch') {
    const { serviceName } = answerer
    const who = serviceName === undefined ? 'a running application' : `the running application ${serviceName}`
    return ok(`${what} of ${who} answers on ${hostAndPort(host, port)}; a second process needs another ${variable}_PORT`)
  }
  const by =
    answerer.kind === 'other'
      ? ` by another program${answerer.server === undefined ? '' : ` (${answerer.server.slice(0, 40)})`}`
      : ''
  return wrong(
    `port ${port} of ${host} is taken${by}, so there would be no ${what.replace(/^the /, '')}: stop the program that uses it, or set ${variable}_PORT to another port`,
  )
}

async function listenProblem(host: string, port: number, setting: string): Promise<ListenError | undefined> {
  const server = createServer()
  try {
    await listen(server, { host, port, setting })
    return undefined
  } catch (error) {
    if (error instanceof ListenError) return error
    throw error
  } finally {
    server.close()
  }
}

/** The program that answers on a port that is taken. */
export type Answerer =
  | { readonly kind: 'swarmwatch'; readonly serviceName?: string | undefined; readonly metrics?: string }
  /** Speaks HTTP; `server` is its header of that name. */
  | { readonly kind: 'other'; readonly server: string | undefined }
  | { readonly kind: 'silent' }

/** Finds out which program answers on the address of `/metrics`. */
async function askMetrics({ host, port }: Configuration['metrics'], timeoutMs: number): Promise<Answerer> {
  const answer = await ask(`${localUrl(host, port)}metrics`, timeoutMs)
  if (answer === undefined) return { kind: 'silent' }
  if (!answer.isOurs && !/^swarm_health_score\b/m.test(answer.text)) return { kind: 'other', server: answer.server }
  // In target_info: quotes and backslashes of a label are escaped
  const label = /^target_info\{(?:.*,)?service_name="((?:[^"\\]|\\.)*)"/m.exec(answer.text)?.[1]
  return { kind: 'swarmwatch', serviceName: label?.replace(/\\(.)/g, '$1'), metrics: answer.text }
}

/** Finds out which program answers on the address of the status page. */
async function askPage({ host, port }: Configuration['monitor'], timeoutMs: number): Promise<Answerer> {
  const answer = await ask(`${localUrl(host, port)}healthz`, timeoutMs)
  if (answer === undefined) return { kind: 'silent' }
  return answer.isOurs ? { kind: 'swarmwatch' } : { kind: 'other', server: answer.server }
}

async function ask(
  url: string,
  timeoutMs: number,
): Promise<{ isOurs: boolean; server: string | undefined; text: string } | undefined> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const server = response.headers.get('server') ?? undefined
    return { isOurs: server === 'swarmwatch', server, text: await readBody(response) }
  } catch {
    return undefined
  }
}
