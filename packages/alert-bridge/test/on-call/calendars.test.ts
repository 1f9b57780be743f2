import { Secret } from '@swarmwatch/config'
import { type HttpServer, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { type CalendarRotation, openCalendars } from '../../src/on-call/calendars.ts'
import type { CalendarCopies, CalendarCopy } from '../../src/outbox/store.ts'
import { whoIsOnCall } from '../../src/on-call/who-is-on-call.ts'
import { calendarOf } from './calendar-text.ts'

const start = Date.parse('2026-03-02T10:00Z')
const ada = { name: 'Ada', recipients: ['ada@example.com'] }
const calendar = calendarOf('SUMMARY:Ada\nDTSTART:20260302T080000Z\nDTEND:20260309T080000Z')

async function server(): Promise<HttpServer> {
  const opened = await openHttpServer((_, response) => void response.end(calendar))
  onTestFinished(() => opened.close())
  return opened
}

function rotationAt(url: string): CalendarRotation {
  const shared = { name: 'nights', timeZone: 'UTC', people: [ada], shift: undefined, overrides: [] }
  return { ...shared, ical: new Secret(`${url}/private-9f8e7d6c.ics`) }
}

function memory(): CalendarCopies & { readonly copies: Map<string, CalendarCopy> } {
  const copies = new Map<string, CalendarCopy>()
  return {
    copies,
    calendarCopy: async (rotation) => copies.get(rotation),
    saveCalendarCopy: async (rotation, copy) => void copies.set(rotation, copy),
  }
}

test('a calendar is fetched once per refresh interval, and its shifts decide who is on call', async () => {
  const { url, requests } = await server()
  let now = start
  const calendars = openCalendars({ now: () => now, refreshAfterMs: 1_000 })
  const rotation = rotationAt(url)
  const [state] = await Promise.all([whoIsOnCall(rotation, now, calendars), whoIsOnCall(rotation, now, calendars)])
  expect(state).toEqual({
    name: 'nights',
    timeZone: 'UTC',
    now: { people: [ada], until: Date.parse('2026-03-09T08:00Z') },
    next: { people: [], until: undefined },
    warnings: [],
  })
  await whoIsOnCall(rotation, now, calendars)
  expect(requests).toHaveLength(1)
  now += 1_000
  await whoIsOnCall(rotation, now, calendars)
  expect(requests).toHaveLength(2)
})

test('a calendar that fails is replaced by the last good copy, also after a restart, with a warning without its address', async () => {
  const calendarServer = await server()
  const copies = memory()
  const lines: string[] = []
  let now = start
  const open = () => openCalendars({ now: () => now, refreshAfterMs: 1_000, copies, write: (line) => void lines.push(line) })
  const rotation = rotationAt(calendarServer.url)
  await whoIsOnCall(rotation, now, open())
  calendarServer.respond = (_, response) => void response.writeHead(503).end()
  now += 60_000
  const restarted = open()
  const { now: current, warnings } = await whoIsOnCall(rotation, now, restarted)
  expect([current.people, warnings]).toEqual([
    [ada],
    ['its calendar cannot be used: the server answered 503; the copy of 2026-03-02T10:00:00.000Z is used'],
  ])
  calendarServer.respond = (_, response) => void response.end(calendar)
  now += 60_000
  expect((await whoIsOnCall(rotation, now, restarted)).warnings).toEqual([])
  expect(lines).toEqual([
    '[BRIDGE] the calendar of rotation nights cannot be used: the server answered 503; the copy of 2026-03-02T10:00:00.000Z is used',
    '[BRIDGE] the calendar of rotation nights can be read again',
  ])
  expect(`${lines.join()}${warnings.join()}`).not.toContain('9f8e7d6c')
})

test.each([
  ['a page', (url: HttpServer) => void (url.respond = (_, response) => void response.end('<html>'))],
  ['nothing', (url: HttpServer) => void (url.respond = () => {})],
  ['3 MB', (url: HttpServer) => void (url.respond = (_, response) => void response.end('x'.repeat(3_000_000)))],
  ['a reset', (url: HttpServer) => void (url.respond = (_, response) => void response.destroy())],
])('without a copy, no one is on call, and the reason is a warning: %s', async (kind, change) => {
  const calendarServer = await server()
  change(calendarServer)
  const calendars = openCalendars({ now: () => start, timeoutMs: kind === 'nothing' ? 200 : 20_000 })
  const { now, warnings } = await whoIsOnCall(rotationAt(calendarServer.url), start, calendars)
  const reasons: Readonly<Record<string, string>> = {
    'a page': 'it is not a calendar (iCalendar, RFC 5545)',
    nothing: 'no answer within 0.2 s',
    '3 MB': 'it is larger than 2 MB',
    'a reset': 'UND_ERR_SOCKET',
  }
  expect([now.people, warnings]).toEqual([
    [],
    [`its calendar cannot be used: ${reasons[kind]}; there is no earlier copy`, 'no one is on call now'],
  ])
})

test('a redirect to another host is not followed, so that a calendar cannot make the bridge ask servers of its own network', async () => {
  const [calendarServer, other] = [await server(), await server()]
  calendarServer.respond = (_, response) => void response.writeHead(302, { location: `${other.url}/private.ics` }).end()
  const { warnings } = await whoIsOnCall(rotationAt(calendarServer.url), start, openCalendars({ now: () => start }))
  expect(other.requests).toEqual([])
  expect(warnings[0]).toContain(
    `the server redirects to ${new URL(other.url).host}; set ical to an address that needs no other host`,
  )
})

test('redirects on the same host are followed, but not without end', async () => {
  const calendarServer = await server()
  calendarServer.respond = ({ path }, response) =>
    void (path === '/new.ics' ? response.end(calendar) : response.writeHead(301, { location: '/new.ics' }).end())
  const found = await whoIsOnCall(rotationAt(calendarServer.url), start, openCalendars({ now: () => start }))
  expect(found.now.people).toEqual([ada])
  calendarServer.respond = (_, response) => void response.writeHead(301, { location: '/again.ics' }).end()
  const { warnings } = await whoIsOnCall(rotationAt(calendarServer.url), start, openCalendars({ now: () => start }))
  expect([warnings[0], calendarServer.requests.length]).toEqual([expect.stringContaining('redirects more than 3 times'), 6])
})
