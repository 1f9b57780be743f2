import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

import { expect, test } from 'vitest'

import { readBridgeSettings } from '../../src/settings.ts'
import { type BridgeForPeople, bridgeForPeople, linkOf, onCallToken } from './bridge-for-people.ts'

async function signedIn(bridge: BridgeForPeople, name = 'Ana'): Promise<{ headers: Record<string, string>; cookie: string }> {
  const { form = '' } = await bridge.open(`${bridge.url}/`)
  const done = await bridge.open(`${bridge.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ form, name, token: onCallToken }),
  })
  const cookie = done.headers.get('set-cookie') ?? ''
  expect([done.status, done.headers.get('location')]).toEqual([303, './'])
  return { headers: { cookie: cookie.split(';')[0]! }, cookie }
}

test('the list of incidents is shown after a sign-in, with the state of each and the person who acted', async () => {
  const bridge = await bridgeForPeople()
  const message = await bridge.fire({ severity: 'critical' })
  await bridge.fire({ name: 'AgentIdle' })
  await bridge.fire({ name: 'Ended' })
  await bridge.resolve({ name: 'Ended' })
  expect(await bridge.open(`${bridge.url}/`)).toMatchObject({ status: 401, title: 'On-call' })
  const { headers, cookie } = await signedIn(bridge)
  expect(cookie).toMatch(/^swarmwatch_oncall=\S+; Max-Age=43200; HttpOnly; SameSite=Lax; Secure$/)
  const list = await bridge.open(`${bridge.url}/`, { headers })
  expect([list.status, list.title]).toEqual([200, '2 open incidents'])
  expect(list.text).toContain('2 not acknowledged.')
  const page = `${bridge.url}/incidents/${encodeURIComponent(message.incidentKey)}`
  const shown = await bridge.open(page, { headers })
  expect(shown.text).toContain('As <strong>Ana</strong>.')
  const form = new RegExp(`name="form" value="([^"]*)"`).exec(shown.text)![1]!
  const done = await bridge.open(`${page}/ack`, { method: 'POST', headers, body: new URLSearchParams({ form }) })
  expect([done.status, done.title]).toEqual([200, 'Acknowledged'])
  expect(await bridge.history(message.incidentKey)).toMatchObject([{ who: 'Ana', detail: 'list, from 127.0.0.1' }])
  // the form is for one action, one incident and one person
  const other = await signedIn(bridge, 'Eve')
  const refused = [
    await bridge.open(`${page}/resolve`, { method: 'POST', headers, body: new URLSearchParams({ form }) }),
    await bridge.open(`${page}/ack`, { method: 'POST', headers: other.headers, body: new URLSearchParams({ form }) }),
    await bridge.open(`${page}/ack`, { method: 'POST', body: new URLSearchParams({ form }) }),
  ]
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 401])
})

test('a wrong token, a changed cookie and a session of 13 hours open nothing', async () => {
  let now = Date.now()
  const bridge = await bridgeForPeople({ now: () => now })
  await bridge.fire()
  const { form = '' } = await bridge.open(`${bridge.url}/`)
  const wrong = await bridge.open(`${bridge.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ form, name: 'Eve', token: 'x'.repeat(30) }),
  })
  expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null])
  const { headers } = await signedIn(bridge)
  const statusWith = async (more: Record<string, string>): Promise<number> =>
    (await bridge.open(`${bridge.url}/`, { headers: more })).status
  expect(await statusWith(headers)).toBe(200)
  expect(await statusWith({ cookie: `${headers['cookie']}x` })).toBe(401)
  expect(await statusWith({ cookie: 'swarmwatch_oncall=' })).toBe(401)
  expect(await statusWith({ authorization: `Bearer ${onCallToken}` })).toBe(200)
  expect(await statusWith({ authorization: 'Bearer x' })).toBe(401)
  now += 13 * 3_600_000
  expect(await statusWith(headers)).toBe(401)
})

test('the user name of a reverse proxy opens the list and is the name in the history; from any other address it is ignored', async () => {
  const header = { 'x-forwarded-user': 'ben@example.com' }
  const trusting = await bridgeForPeople({
    settings: { onCallTokens: [], userHeader: 'X-Forwarded-User', trustedProxies: ['127.0.0.0/8'] },
  })
  const message = await trusting.fire()
  expect((await trusting.open(`${trusting.url}/`, { headers: header })).status).toBe(200)
  expect((await trusting.open(`${trusting.url}/`)).status).toBe(401)
  // a name in the form does not count
  const done = await trusting.submit(linkOf(message, 'Acknowledge'), { name: 'Eve' }, { headers: header })
  expect(done.title).toBe('Acknowledged')
  expect(await trusting.incident(message.incidentKey)).toMatchObject({ acknowledgedBy: 'ben@example.com' })
  const other = await bridgeForPeople({
    settings: { userHeader: 'X-Forwarded-User', trustedProxies: ['192.0.2.1', '2001:db8::/32'] },
  })
  expect((await other.open(`${other.url}/`, { headers: header })).status).toBe(401)
})

test('settings that need others are refused, all at once, with the cure', () => {
  const env = {
    BRIDGE_TOKEN: 'x'.repeat(16),
    BRIDGE_ONCALL_TOKEN: 'x'.repeat(16),
    BRIDGE_USER_HEADER: 'X-User',
    ALERT_SLACK_SIGNING_SECRET: 'a-signing-secret-of-slack',
    SWARMWATCH_CONFIG: '/dev/null',
  }
  let text = ''
  try {
    readBridgeSettings({ env })
  } catch (error) {
    text = (error as Error).message
  }
  expect(text).toContain(
    'BRIDGE_LINK_SECRET is not set; set it, or BRIDGE_LINK_SECRET_FILE, to at least 32 random characters, because BRIDGE_ONCALL_TOKEN and BRIDGE_USER_HEADER need it',
  )
  expect(text).toContain('BRIDGE_TRUSTED_PROXIES is not set; set it to the address of the reverse proxy')
  expect(text).toContain('BRIDGE_PUBLIC_URL is not set')
  expect(text).toContain('BRIDGE_ONCALL_TOKEN must differ from BRIDGE_TOKEN')
  expect(text).not.toContain('a-signing-secret')
})

test('of two headers with a user name, as a proxy leaves them that adds its own, neither counts', async () => {
  const bridge = await bridgeForPeople({
    settings: { onCallTokens: [], userHeader: 'X-Forwarded-User', trustedProxies: ['127.0.0.0/8'] },
  })
  const statusWith = async (users: string[]): Promise<number | undefined> => {
    const sent = request(`${bridge.url}/`, { headers: { 'X-Forwarded-User': users } }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode
  }
  expect([await statusWith(['ben']), await statusWith(['admin', 'ben']), await statusWith(['Doe, Jane'])]).toEqual([
    200, 401, 200,
  ])
})

test.each([
  'https://on-call.example.com/?team=a',
  'https://on-call.example.com/#list',
  'https://a:b@on-call.example.com',
  'ftp://x',
])('a public address to which no path can be appended is refused: %s', (url) => {
  const env = {
    BRIDGE_TOKEN: 'x'.repeat(16),
    BRIDGE_PUBLIC_URL: url,
    BRIDGE_LINK_SECRET: 'y'.repeat(32),
    SWARMWATCH_CONFIG: '/dev/null',
  }
  expect(() => readBridgeSettings({ env })).toThrow('BRIDGE_PUBLIC_URL must be an http or https URL without')
})

test('a history of thousands of entries is shown from its end', async () => {
  const bridge = await bridgeForPeople()
  const { incidentKey } = await bridge.fire()
  const history = Array.from({ length: 3_000 }, (_, index) => ({
    at: index,
    who: 'escalation',
    action: `notified no. ${index};`,
  }))
  await bridge.service.core.store.changeIncident(incidentKey, Date.now(), () => ({ history }))
  const { headers } = await signedIn(bridge)
  const page = await bridge.open(`${bridge.url}/incidents/${encodeURIComponent(incidentKey)}`, { headers })
  expect(page.text).toContain('2801 earlier entries are not shown.')
  expect([page.text.includes('no. 2999;'), page.text.includes('no. 2799;')]).toEqual([true, false])
})
