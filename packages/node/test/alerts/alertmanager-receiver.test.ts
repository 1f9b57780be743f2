import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { expect, onTestFinished, test } from 'vitest'

import { activeAlert, type AlertRound } from '../../src/alerts/alert-receiver.ts'
import { alertmanagerReceiver } from '../../src/alerts/alertmanager-receiver.ts'
import { inProcessRule } from '../../src/alerts/in-process-rule.ts'

interface Posted {
  readonly path: string
  readonly alerts: { status?: string; labels: Record<string, string>; startsAt: string; endsAt: string }[]
}

/** Answers `status()` to every request, or nothing at all. */
async function fakeAlertmanager(status: () => number | undefined): Promise<{ url: string; posted: Posted[] }> {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      posted.push({ path: `${request.method} ${request.url}`, alerts: JSON.parse(body) as Posted['alerts'] })
      const code = status()
      if (code !== undefined) response.writeHead(code, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posted }
}

const rule = inProcessRule({ name: 'One', severity: 'critical', condition: () => true, description: 'too much' })
const alert = activeAlert(rule, { finding: 'too much', sinceMs: Date.UTC(2026, 0, 1) }, { instance: 'a-1' })

function round(minute: number, status?: 'firing' | 'resolved', isFiring = status === 'firing'): AlertRound {
  return {
    nowMs: Date.UTC(2026, 0, 1, 0, minute),
    intervalSeconds: 60,
    firing: isFiring ? [alert] : [],
    changes: status ? [{ status, alert }] : [],
  }
}

test('sends firing alerts in every round, four intervals ahead, and a resolved alert once, with the time of its end', async () => {
  const { url, posted } = await fakeAlertmanager(() => 200)
  const receiver = alertmanagerReceiver(`${url}/prefix/`, { pageUrl: 'http://127.0.0.1:8080/' })
  await receiver.update(round(0))
  await receiver.update(round(1, 'firing'))
  await receiver.update(round(2, undefined, true))
  await receiver.update(round(3, 'resolved'))
  await receiver.update(round(4))
  const sent = (endsAt: string): object => ({
    path: 'POST /prefix/api/v2/alerts',
    alerts: [
      {
        labels: { instance: 'a-1', alertname: 'One', severity: 'critical' },
        annotations: { summary: 'One: too much', description: 'too much' },
        startsAt: '2026-01-01T00:00:00.000Z',
        endsAt,
        generatorURL: 'http://127.0.0.1:8080/',
      },
    ],
  })
  expect(posted).toEqual([sent('2026-01-01T00:05:00.000Z'), sent('2026-01-01T00:06:00.000Z'), sent('2026-01-01T00:03:00.000Z')])
})

test('sends a resolved alert until Alertmanager has accepted it', async () => {
  const answers = [200, 503, 503, 200]
  const { url, posted } = await fakeAlertmanager(() => answers.shift())
  const receiver = alertmanagerReceiver(url)
  await receiver.update(round(1, 'firing'))
  await expect(receiver.update(round(2, 'resolved'))).rejects.toThrow('it answered 503')
  await expect(receiver.update(round(3))).rejects.toThrow('it answered 503')
  await receiver.update(round(4))
  await receiver.update(round(5))
  expect(posted.map(({ alerts }) => alerts.map(({ endsAt }) => endsAt))).toEqual([
    ['2026-01-01T00:05:00.000Z'],
    ['2026-01-01T00:02:00.000Z'],
    ['2026-01-01T00:02:00.000Z'],
    ['2026-01-01T00:02:00.000Z'],
  ])
})

test('an alert that fires again before its end was sent is only firing', async () => {
  const answers = [503, 200]
  const { url, posted } = await fakeAlertmanager(() => answers.shift())
  const receiver = alertmanagerReceiver(url)
  await expect(receiver.update(round(2, 'resolved'))).rejects.toThrow()
  await receiver.update(round(3, 'firing'))
  expect(posted.at(-1)?.alerts.map(({ endsAt }) => endsAt)).toEqual(['2026-01-01T00:07:00.000Z'])
})

test('reports a missing server, a missing answer and a redirection without the address', async () => {
  const silent = await fakeAlertmanager(() => undefined)
  const redirecting = await fakeAlertmanager(() => 302)
  await expect(alertmanagerReceiver(silent.url, { timeoutMs: 30 }).update(round(0, 'firing'))).rejects.toThrow(
    'it cannot be reached (timeout)',
  )
  await expect(alertmanagerReceiver(redirecting.url).update(round(0, 'firing'))).rejects.toThrow(/^it cannot be reached \(\w+\)$/)
  await expect(alertmanagerReceiver('http://127.0.0.1:2').update(round(0, 'firing'))).rejects.toThrow(
    'it cannot be reached (ECONNREFUSED)',
  )
})
