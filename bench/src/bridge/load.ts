import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly nextRequest: () => Buffer
}

/** Posts from every connection as fast as answers arrive, for `milliseconds`; returns answers per second. */
export async function answersPerSecond({ milliseconds, ...options }: LoadOptions & { milliseconds: number }): Promise<number> {
  const started = performance.now()
  const answers = await post(options, () => performance.now() - started < milliseconds)
  return (answers * 1000) / (performance.now() - started)
}

/** Posts `count` requests as fast as answers arrive. */
export async function postMany({ count, ...options }: LoadOptions & { count: number }): Promise<void> {
  let left = count
  await post(options, () => left-- > 0)
}

async function post({ port, connections, nextRequest }: LoadOptions, goesOn: () => boolean): Promise<number> {
  const opened = await openAll(port, connections)
  let answers = 0
  await Promise.all(
    opened.map(async ({ ask }) => {
      while (goesOn()) {
        await ask(nextRequest())
        answers += 1
      }
    }),
  )
  for (const one of opened) one.close()
  return answers
}

/**
 * Posts `perSecond` requests a second, whether or not the answers keep up. Returns the milliseconds of each answer, counted from when the
 * request was due: waiting for a free connection counts, and so does a delay of this process.
 */
export async function answerTimes(
  { port, connections, nextRequest }: LoadOptions,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<number[]> {
  const free = await openAll(port, connections)
  const times: number[] = []
  const due: number[] = []
  const started = performance.now()
  let posted = 0

  function send(): void {
    while (due.length > 0 && free.length > 0) void one(free.pop()!, due.shift()!)
  }
  async function one(connection: Connection, dueAt: number): Promise<void> {
    await connection.ask(nextRequest())
    times.push(performance.now() - dueAt)
    free.push(connection)
    send()
  }

  while (times.length < perSecond * seconds) {
    const now = performance.now()
    for (; posted < perSecond * seconds; posted += 1) {
      const dueAt = started + (posted * 1000) / perSecond
      if (dueAt > now) break
      due.push(dueAt)
    }
    send()
    await delay(1)
  }
  for (const connection of free) connection.close()
  return times
}

function openAll(port: number, connections: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: connections }, () => openConnection(port)))
}

/** One kept-alive connection that sends one request after the other; as little of HTTP as that takes, since it shares the machine. */
export interface Connection {
  /** Resolves when the answer is there; throws when it is not 200. */
  readonly ask: (request: Buffer) => Promise<void>
  readonly close: () => void
}

async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let answer = ''
  let waiting = Promise.withResolvers<void>()
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
    if (!isWhole(answer)) return
    const status = answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
    if (status === '200') waiting.resolve()
    else waiting.reject(new Error(`answered ${answer}`))
    answer = ''
  })
  socket.on('error', (error) => waiting.reject(error))
  socket.on('close', () => waiting.reject(new Error('the connection was closed')))
  return {
    ask: (request) => {
      waiting = Promise.withResolvers()
      socket.write(request)
      return waiting.promise
    },
    close: () => closeQuietly(socket),
  }
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1])
  return answer.length >= head + '\r\n\r\n'.length + length
}

function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('close').destroy()
}

/** A request as Alertmanager posts it: a group with one alert, about 1.6 kB; each number is a different group. */
export function alertRequest(number: number, token: string, severity = 'warning'): Buffer {
  const body = alertBody(number, severity)
  return Buffer.from(
    `POST /api/v1/alerts HTTP/1.1\r\nHost: bridge\r\nUser-Agent: Alertmanager/0.33.1\r\nContent-Type: application/json\r\n` +
      `Authorization: Bearer ${token}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function alertBody(number: number, severity: string): string {
  const agent = `agent-${number}`
  const groupLabels = { alertname: 'AgentErrorRateCritical', agent_name: agent, job: 'agent-worker' }
  const labels = {
    ...groupLabels,
    severity,
    cloud_region: 'eu-west-1',
    deployment_environment_name: 'production',
    instance: 'agent-worker-1:9090',
    service_namespace: 'swarm',
  }
  const annotations = {
    summary: `${agent} fails: 62 % of its executions in the last 5 minutes`,
    description: `Agent ${agent} in eu-west-1 failed 62 % of its executions in the last 5 minutes; the threshold is 50 %.`,
    runbook_url: 'https://example.com/docs/runbooks.md#agenterrorratecritical',
    dashboard_url: `https://example.com/d/agents?var-agent=${agent}`,
  }
  return JSON.stringify({
    receiver: 'bridge',
    status: 'firing',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations,
        startsAt: '2026-11-24T01:00:00.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus:9090/graph?g0.expr=agent%3Aerror_ratio+%3E+0.5&g0.tab=1',
        fingerprint: number.toString(16).padStart(16, '0'),
      },
    ],
    groupLabels,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager:9093',
    version: '4',
    groupKey: `{}:{alertname="AgentErrorRateCritical", agent_name="${agent}"}`,
    truncatedAlerts: 0,
    notification_reason: 'first notification',
  })
}
