import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

import { errorWord } from '../error-word.ts'
import type { OtlpSettings, OtlpTarget } from '../opentelemetry/otlp-settings.ts'
import { type Finding, ok, warning, wrong } from './finding.ts'

/** Whether what is exported arrives: sends an empty export to each endpoint. */
export async function checkOtlp({ targets }: Pick<OtlpSettings, 'targets'>, timeoutMs = 3_000): Promise<Finding[]> {
  const entries = Object.entries(targets)
  if (entries.length === 0) {
    return [ok('nothing goes out by OTLP: OTEL_EXPORTER_OTLP_ENDPOINT is not set. /metrics and the status page work without')]
  }
  return Promise.all(entries.map(async ([signal, target]) => checkTarget(signal, target, timeoutMs)))
}

async function checkTarget(signal: string, target: OtlpTarget, timeoutMs: number): Promise<Finding> {
  const { protocol, host, pathname } = new URL(target.url)
  const hasToken = target.headers['authorization'] !== undefined
  const where = `OTLP ${signal} to ${protocol}//${host}${pathname} (token ${hasToken ? 'set' : 'not set'})`
  try {
    return judged(where, await statusOf(target, timeoutMs), hasToken)
  } catch (error) {
    return wrong(
      `${where} cannot be reached (${errorWord(error)}): is the Collector running, and OTEL_EXPORTER_OTLP_ENDPOINT right?`,
    )
  }
}

function judged(where: string, status: number, hasToken: boolean): Finding {
  if (status >= 200 && status < 300) return ok(`${where} is taken`)
  if (status === 401 || status === 403) {
    const cure = hasToken ? 'is SWARMWATCH_OTLP_TOKEN that of the Collector?' : 'set SWARMWATCH_OTLP_TOKEN to its token'
    return wrong(`${where} is refused (${status}): ${cure}`)
  }
  if (status === 404 || status === 405)
    return wrong(`${where} finds no such path (${status}): a Collector takes OTLP over HTTP on port 4318`)
  return warning(`${where} is answered with ${status}: look into the log of the Collector`)
}

/** The answer to an export of nothing: in protobuf no bytes at all. */
function statusOf({ url, headers, certificates }: OtlpTarget, timeoutMs: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const options = {
    ...certificates,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-protobuf', 'content-length': 0 },
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  } as const
  const request = url.startsWith('https:') ? requestHttps(url, options) : requestHttp(url, options)
  request.on('response', (response) => {
    response.destroy()
    resolve(response.statusCode ?? 0)
  })
  request.on('error', reject)
  request.end()
  return promise
}
