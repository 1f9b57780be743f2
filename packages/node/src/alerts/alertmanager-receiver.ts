import type { Secret } from '@swarmwatch/config'

import { errorWord } from '../logger.ts'
import type { ActiveAlert, AlertReceiver, AlertRound } from './alert-receiver.ts'

/** Options for sending alerts to Alertmanager. */
export interface AlertmanagerOptions {
  /** Address of the status page, for links. @default none */
  readonly pageUrl?: string
  /** For basic authentication. @default requests carry none */
  readonly login?: { readonly user: string; readonly password: Secret }
  /** For one request, in milliseconds. @default 10000 */
  readonly timeoutMs?: number
}

/** An alert in the format of API v2. */
interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL?: string
}

/**
 * Rounds that may fail before Alertmanager considers an alert resolved; the same number as in
 * Prometheus.
 */
const intervalsAhead = 4

/**
 * Sends to Alertmanager's API v2: firing alerts in every round, because Alertmanager forgets them
 * otherwise; resolved alerts until Alertmanager has accepted them once.
 */
export function alertmanagerReceiver(
  address: string,
  { pageUrl, login, timeoutMs = 10_000 }: AlertmanagerOptions = {},
): AlertReceiver {
  const url = `${address.replace(/\/+$/, '')}/api/v2/alerts`
  const ended = new Map<string, PostedAlert>()
  const closing = new AbortController()

  function posted(alert: ActiveAlert, endsMs: number): PostedAlert {
    return {
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.sinceMs).toISOString(),
      endsAt: new Date(endsMs).toISOString(),
      ...(pageUrl && { generatorURL: pageUrl }),
    }
  }

  function remember({ changes, nowMs }: AlertRound): void {
    for (const { status, alert } of changes) {
      if (status === 'firing') ended.delete(alert.fingerprint)
      else ended.set(alert.fingerprint, posted(alert, nowMs))
    }
  }

  async function post(alerts: readonly PostedAlert[]): Promise<void> {
    let response: Response
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(login && { authorization: basicAuth(login) }) },
        body: JSON.stringify(alerts),
        redirect: 'error',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      })
    } catch (error) {
      throw new Error(`it cannot be reached (${errorWord(error)})`, { cause: error })
    }
    await response.body?.cancel()
    if (response.status === 401)
      throw new Error('it answered 401; set ALERTMANAGER_USER and ALERTMANAGER_PASSWORD to its user and password')
    if (!response.ok) throw new Error(`it answered ${response.status}`)
  }

  return {
    name: `Alertmanager at ${new URL(address).host}`,
    async update(round) {
      remember(round)
      const { firing, nowMs, intervalSeconds } = round
      const ending = new Map(ended)
      const alerts = [
        ...firing.map((alert) => posted(alert, nowMs + intervalsAhead * intervalSeconds * 1_000)),
        ...ending.values(),
      ]
      if (alerts.length === 0) return
      await post(alerts)
      for (const fingerprint of ending.keys()) ended.delete(fingerprint)
    },
    async close() {
      closing.abort()
    },
  }
}

/** The header `Authorization` of basic authentication. */
export function basicAuth({ user, password }: NonNullable<AlertmanagerOptions['login']>): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`
}
