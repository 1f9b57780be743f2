import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { jaegerStore } from '../src/causes/jaeger.ts'
import { tempoStore } from '../src/causes/tempo.ts'
import { prometheusRanges } from '../src/charts/query-range.ts'
import { alertmanagerSilences } from '../src/incidents/alertmanager-silences.ts'
import { type CalendarRotation, openCalendars } from '../src/on-call/calendars.ts'

interface Endless {
  readonly url: string
  readonly sentBytes: () => number
  readonly isClosed: () => boolean
}

/** A server that sends an answer until the connection is closed. */
async function endlessServer(): Promise<Endless> {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  let sent = 0
  let isClosed = false
  const server = await openHttpServer((_, response) => {
    response.once('close', () => (isClosed = true))
    response.writeHead(200, { 'content-type': 'application/json' })
    const send = (): void => {
      for (;;) {
        if (response.destroyed) return
        sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', send)
      }
    }
    send()
  })
  onTestFinished(() => server.close())
  return { url: server.url, sentBytes: () => sent, isClosed: () => isClosed }
}

const search = { service: 'swarm', agent: 'writer', choice: 'failed' as const, fromMs: 0, toMs: 1_000 }
const signal = AbortSignal.timeout(120_000)
const matchers = [{ name: 'alertname', value: 'A' }]

const readers: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  'the alerts of Alertmanager': (url) => alertmanagerSilences([new Secret(url)], fetch).alerts(matchers),
  'the silences of Alertmanager': (url) => alertmanagerSilences([new Secret(url)], fetch).active(matchers),
  'the runs of Jaeger': (url) => jaegerStore({ url }, fetch).findRuns(search, signal),
  'the runs of Tempo': (url) => tempoStore({ url }, fetch).findRuns(search, signal),
  'the metric of a chart': (url) =>
    prometheusRanges({ url }, fetch).range('up', { fromMs: 0, toMs: 60_000, stepMs: 15_000 }, signal),
  'a calendar': async (url) => {
    const rotation = { name: 'nights', people: [], ical: new Secret(url) } as unknown as CalendarRotation
    const { problem } = await openCalendars({ now: () => 0, timeoutMs: 120_000 }).calendarOf(rotation)
    throw new Error(problem)
  },
}

test.each(Object.entries(readers))('an answer without end is refused and its connection closed: %s', async (_, read) => {
  const server = await endlessServer()
  await expect(read(server.url)).rejects.toThrow(/more than \d+ MiB|larger than 2 MB/)
  await eventually('the end of the connection', server.isClosed)
  // with the buffers of both sides
  expect(server.sentBytes()).toBeLessThan(32 * 1024 * 1024)
})
