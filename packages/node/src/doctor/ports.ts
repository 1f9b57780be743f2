import { once } from 'node:events'
import { createServer } from 'node:net'

import type { Configuration } from '@swarmwatch/config'

import { type Finding, ok, wrong } from './finding.ts'

interface Listener {
  readonly what: string
  readonly variable: 'MONITOR' | 'METRICS'
  readonly host: string
  readonly port: number
}

/** Whether the ports of the status page and of /metrics are free. */
export async function checkPorts({ monitor, metrics }: Pick<Configuration, 'monitor' | 'metrics'>): Promise<Finding[]> {
  const listeners: Listener[] = [
    ...(monitor.enabled
      ? [{ what: 'the status page', variable: 'MONITOR' as const, host: monitor.host, port: monitor.port }]
      : []),
    ...(metrics.enabled ? [{ what: '/metrics', variable: 'METRICS' as const, host: metrics.host, port: metrics.port }] : []),
  ]
  const [first, second] = listeners
  if (first && second && first.port === second.port && first.port !== 0) {
    return [wrong(`MONITOR_PORT and METRICS_PORT are both ${first.port}: give one of them another port`)]
  }
  return Promise.all(listeners.map(checkPort))
}

async function checkPort({ what, variable, host, port }: Listener): Promise<Finding> {
  if (port === 0) return ok(`${what} takes any free port (${variable}_PORT is 0)`)
  const code = await whyTaken(host, port)
  if (code === undefined) return ok(`port ${port} of ${host} is free for ${what}`)
  if (code === 'EADDRINUSE') {
    return wrong(
      `port ${port} of ${host} is taken, so there would be no ${what.replace(/^the /, '')}: stop what has it, or set ${variable}_PORT to another`,
    )
  }
  if (code === 'EACCES')
    return wrong(`port ${port} may not be opened by this user (EACCES): set ${variable}_PORT to one above 1023`)
  return wrong(`${what} cannot listen on ${host} (${code}): set ${variable}_HOST to an address of this machine`)
}

async function whyTaken(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen({ port, host, exclusive: true })
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error'
  } finally {
    server.close()
  }
}
