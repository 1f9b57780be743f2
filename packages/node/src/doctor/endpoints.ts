import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

import type { Configuration, Environment } from '@swarmwatch/config'

import { basicAuth } from '../alerts/alertmanager-receiver.ts'
import { errorWord } from '../logger.ts'
import type { OtlpSettings, OtlpTarget } from '../opentelemetry/otlp-settings.ts'
import { type Finding, ok, warning, wrong } from './finding.ts'

/** Checks that exports arrive: sends an empty export to each endpoint. */
export async function checkOtlp(
  { targets }: Pick<OtlpSettings, 'targets'>,
  env: Environment,
  timeoutMs = 3_000,
): Promise<Finding[]> {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') {
    return [
      warning('OTEL_SDK_DISABLED is set, so nothing is measured and neither /metrics nor the status page is served; remove it'),
    ]
  }
  const entries = Object.entries(targets)
  if (entries.length === 0) {
    const isSet = Object.entries(env).some(([name, value]) => /^OTEL_EXPORTER_OTLP_(?:\w+_)?ENDPOINT$/.test(name) && value)
    if (isSet) return [ok('nothing is exported by OTLP: OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER turn it off')]
    return [
      ok('nothing is exported by OTLP: OTEL_EXPORTER_OTLP_ENDPOINT is not set. /metrics and the status page work without it'),
    ]
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
    const word = errorWord(error)
    return wrong(`${where} ${unreached(word, target.url)}`)
  }
}

/** The reason why no answer arrived, with the cure. */
function unreached(word: string, url: string): string {
  if (word.startsWith('HPE_') || (word === 'ECONNRESET' && new URL(url).port === '4317'))
    return `gets an answer that is not HTTP (${word}): gRPC is not supported; a Collector receives OTLP over HTTP on port 4318`
  if (/CERT|SIGNATURE|SELF_SIGNED|ALTNAME/.test(word))
    return `has a certificate that is not trusted (${word}): set OTEL_EXPORTER_OTLP_CERTIFICATE to the file of its authority`
  if (word === 'EPROTO' || word.startsWith('ERR_SSL'))
    return `gets an answer without TLS (${word}): should the address be http:// instead of https://?`
  return `cannot be reached (${word}): is the Collector running, and is OTEL_EXPORTER_OTLP_ENDPOINT correct?`
}

function judged(where: string, status: number, hasToken: boolean): Finding {
  if (status >= 200 && status < 300) return ok(`${where} is accepted`)
  if (status === 401 || status === 403) {
    const cure = hasToken ? 'is SWARMWATCH_OTLP_TOKEN the token of the Collector?' : 'set SWARMWATCH_OTLP_TOKEN to its token'
    return wrong(`${where} is refused (${status}): ${cure}`)
  }
  if (status === 404 || status === 405)
    return wrong(`${where} has no such path (${status}): a Collector receives OTLP over HTTP on port 4318`)
  return warning(`${where} is answered with ${status}: read the log of the Collector`)
}

/** The status of the answer to an empty export, which is zero bytes in protobuf. */
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

/**
 * Checks that the Alertmanager of `ALERTMANAGER_URL` answers and accepts the password; no finding
 * where there is none.
 */
export async function checkAlertmanager({ alerts }: Configuration, timeoutMs = 3_000): Promise<Finding[]> {
  const { alertmanagerUrl, alertmanagerUser: user, alertmanagerPassword: password } = alerts
  if (alertmanagerUrl === undefined) return []
  const where = `Alertmanager at ${new URL(alertmanagerUrl).host} (password ${password ? 'set' : 'not set'})`
  try {
    const response = await fetch(`${alertmanagerUrl.replace(/\/+$/, '')}/api/v2/status`, {
      headers: password ? { authorization: basicAuth({ user, password }) } : {},
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    if (response.ok) return [ok(`${where} answers`)]
    if (response.status === 401) {
      const cure = password
        ? 'are ALERTMANAGER_USER and ALERTMANAGER_PASSWORD its user and password?'
        : 'set ALERTMANAGER_PASSWORD, or ALERTMANAGER_PASSWORD_FILE, to its password'
      return [wrong(`${where} refuses (401): ${cure}`)]
    }
    return [warning(`${where} answers ${response.status}: is ALERTMANAGER_URL the address of an Alertmanager?`)]
  } catch (error) {
    return [wrong(`${where} cannot be reached (${errorWord(error)}): is it running, and is ALERTMANAGER_URL correct?`)]
  }
}
