import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, onTestFinished, test } from 'vitest'

import { clientOf, RequestBudget } from '../../src/status-page/request-guard.ts'
import { statusApp, type StatusAppOptions } from '../../src/status-page/status-app.ts'
import { Sessions } from '../../src/status-page/token-access.ts'
import { pageRequests } from './page-requests.ts'
import { troubledSwarm } from './sample-swarm.ts'

const token = 'correct-horse-battery'
const bearer = (shown: string) => ({ headers: { authorization: `Bearer ${shown}` } })
const typed = (shown: string): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams({ token: shown }),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
})

const guarded = ['/', '/live.js', '/events', '/api/health', '/api/agents', '/api/executions', '/nowhere']

test.each(guarded)('refuses %s without the token', async (path) => {
  const answer = await pageRequests({ token })(path)
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="swarmwatch"'])
  expect(await answer.text()).not.toContain('api-integrator')
})

test.each(guarded)('lets %s through with the token as a bearer', async (path) => {
  const answer = await pageRequests({ token })(path, bearer(token))
  await answer.body?.cancel()
  expect(answer.status).toBe(path === '/nowhere' ? 404 : 200)
})

test.each(['', 'wrong', `${token}x`, token.slice(0, -1), token.toUpperCase()])('refuses the token "%s"', async (shown) => {
  expect((await pageRequests({ token })('/api/health', bearer(shown))).status).toBe(401)
  expect((await pageRequests({ token })('/login', typed(shown))).status).toBe(401)
})

test('answers /healthz, the style and the login form without the token', async () => {
  const request = pageRequests({ token })
  for (const path of ['/healthz', '/style.css', '/login']) expect((await request(path)).status).toBe(200)
})

test('shows a browser the form, which may send to us only', async () => {
  const request = pageRequests({ token })
  const refused = await request('/', { headers: { accept: 'text/html,*/*' } })
  expect([refused.status, refused.headers.get('location')]).toEqual([303, 'login'])
  const form = await request('/login')
  expect(form.headers.get('content-security-policy')).toContain("form-action 'self'")
  expect(await form.text()).toContain('<label for="token">Token of this monitor</label>')
})

test('signs a browser in with a cookie that scripts cannot read and that does not hold the token', async () => {
  const request = pageRequests({ token })
  const answer = await request('/login', typed(token))
  const cookie = answer.headers.get('set-cookie')!
  expect([answer.status, answer.headers.get('location')]).toEqual([303, './'])
  expect(cookie).toMatch(/^swarmwatch-[0-9a-f]{12}=\d+\.[\w-]{43}; Max-Age=43200; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(token)
  expect((await request('/', { headers: { cookie: cookie.split(';', 1)[0]! } })).status).toBe(200)
})

test('a browser stays signed in to every monitor behind one host name, and to every process behind a balancer', async () => {
  const jar = new Map<string, string>()
  const monitors = [1, 2, 3].map(() => pageRequests({ token }))
  for (const request of monitors) {
    const cookie = (await request('/login', typed(token))).headers.get('set-cookie')!
    const [name, value] = cookie.split(';', 1)[0]!.split('=') as [string, string]
    jar.set(name, value)
  }
  const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ')
  for (const request of monitors) expect((await request('/', { headers: { cookie } })).status).toBe(200)
})

test.each<[string, Record<string, string>, boolean]>([
  ['one proxy', { 'x-forwarded-proto': 'https' }, true],
  ['two proxies, the outer one with HTTPS', { 'x-forwarded-proto': 'https,http' }, true],
  ['two proxies, with a blank', { 'x-forwarded-proto': 'https, http' }, true],
  ['upper case', { 'x-forwarded-proto': 'HTTPS' }, true],
  ['two proxies, only the inner one with HTTPS', { 'x-forwarded-proto': 'http, https' }, false],
  ['HTTP', { 'x-forwarded-proto': 'http' }, false],
  ['Forwarded', { forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' }, true],
  [
    'Forwarded with quotes, in upper case, of two proxies',
    { forwarded: 'For="[2001:db8::1]:47";Proto="HTTPS", for=10.0.0.1;proto=http' },
    true,
  ],
  ['Forwarded with HTTP', { forwarded: 'proto=http' }, false],
  ['X-Forwarded-Scheme', { 'x-forwarded-scheme': 'https' }, true],
  ['X-Forwarded-Ssl', { 'x-forwarded-ssl': 'on' }, true],
  ['nothing', {}, false],
])('the cookie is secure exactly where the browser speaks HTTPS: %s', async (_, headers, isSecure) => {
  const answer = await pageRequests({ token })('/login', { ...typed(token), headers })
  expect(/; Secure/.test(answer.headers.get('set-cookie')!)).toBe(isSecure)
})

test('a session ends after twelve hours, with its process, and when it was changed', () => {
  const sessions = new Sessions()
  const session = sessions.begin(0)
  const lastMoment = 12 * 3_600_000 - 1
  expect(sessions.isValid(session, lastMoment)).toBe(true)
  expect(sessions.isValid(session, lastMoment + 1)).toBe(false)
  expect(new Sessions().isValid(session, 0)).toBe(false)
  expect(sessions.isValid(session.replace(/^\d+/, '99999999'), 0)).toBe(false)
  for (const forged of ['', '.', '99999999', '99999999.', `${session}x`, `NaN.${session.split('.')[1]}`])
    expect(sessions.isValid(forged, 0)).toBe(false)
})

test('refuses a login longer than any token', async () => {
  expect((await pageRequests({ token })('/login', typed('x'.repeat(5000)))).status).toBe(413)
})

test('after six wrong tokens a client has to wait before it can guess again', async () => {
  const request = pageRequests({ token })
  const statuses: number[] = []
  for (let index = 0; index < 8; index += 1) statuses.push((await request('/login', typed(`guess ${index}`))).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429])
})

/** Requests that reach the page through one proxy. */
function behindProxy(options: StatusAppOptions): (path: string, client: string, init?: RequestInit) => Promise<Response> {
  const app = statusApp({ ...troubledSwarm(), budget: new RequestBudget({ now: () => 0 }), ...options })
  onTestFinished(() => app.close())
  const env = { incoming: { socket: { remoteAddress: '10.0.0.1' } } } as unknown as Partial<HttpBindings>
  return async (path, client, init = {}) => {
    const headers = new Headers(init.headers)
    headers.append('x-forwarded-for', client)
    return app.fetch(new Request(`http://127.0.0.1:8080${path}`, { ...init, headers }), env)
  }
}
type Ask = ReturnType<typeof behindProxy>
const guess = async (ask: Ask, client: string): Promise<void> => {
  for (let index = 0; index < 100; index += 1) {
    await ask('/login', client, typed(`guess ${index}`))
    await ask('/api/health', client, bearer(`guess-${index}`))
  }
}

test("a stranger's wrong tokens keep no one else behind the same proxy from the page", async () => {
  const ask = behindProxy({ token })
  const cookie = (await ask('/login', 'reader', typed(token))).headers.get('set-cookie')!.split(';', 1)[0]!
  await guess(ask, 'stranger')
  expect((await ask('/login', 'stranger', typed('one more'))).status).toBe(429)
  const statuses = [
    await ask('/', 'reader', { headers: { cookie } }),
    await ask('/api/health', 'script', bearer(token)),
    await ask('/login', 'newcomer'),
    await ask('/style.css', 'newcomer'),
    await ask('/login', 'newcomer', typed(token)),
  ].map(({ status }) => status)
  expect(statuses).toEqual([200, 200, 200, 200, 303])
})

test('a token that is short enough to be guessed is not accepted while its client has guessed too often', async () => {
  const short = 'open-sesame'
  const ask = behindProxy({ token: short })
  const cookie = (await ask('/login', 'reader', typed(short))).headers.get('set-cookie')!.split(';', 1)[0]!
  await guess(ask, 'stranger')
  expect((await ask('/login', 'stranger', typed(short))).status).toBe(429)
  expect((await ask('/api/health', 'stranger', bearer(short))).status).toBe(429)
  expect((await ask('/', 'reader', { headers: { cookie } })).status).toBe(200)
})

test('distinguishes clients of a trusted proxy by the address that it saw, whatever headers they send', async () => {
  const short = 'open-sesame'
  const ask = behindProxy({ token: short, trustedProxies: ['10.0.0.0/8'] })
  for (let index = 0; index < 8; index += 1) await ask('/login', `192.0.2.${index}, 198.51.100.7`, typed('guess'))
  expect((await ask('/login', '203.0.113.9, 198.51.100.7', typed(short))).status).toBe(429)
  expect((await ask('/login', '198.51.100.7', typed(short))).status).toBe(429)
  expect((await ask('/login', '198.51.100.8', typed(short))).status).toBe(303)
})

test('trusts no header about addresses where no proxy is trusted', async () => {
  const ask = behindProxy({ token: 'open-sesame' })
  for (let index = 0; index < 8; index += 1) await ask('/login', `192.0.2.${index}`, typed('guess'))
  expect((await ask('/login', '192.0.2.99', typed('open-sesame'))).status).toBe(429)
})

test.each<[string, string, Record<string, string>, string]>([
  ['no header', '10.0.0.1', {}, '10.0.0.1'],
  ['not from a trusted proxy', '192.0.2.1', { 'x-forwarded-for': '198.51.100.7' }, '192.0.2.1'],
  ['from a trusted proxy', '10.0.0.1', { 'x-forwarded-for': '198.51.100.7' }, '198.51.100.7'],
  ['through two trusted proxies', '::ffff:10.0.0.1', { 'x-forwarded-for': '1.2.3.4, 198.51.100.7, 10.2.0.1' }, '198.51.100.7'],
  ['with a port', '10.0.0.1', { 'x-forwarded-for': '198.51.100.7:4711' }, '198.51.100.7'],
  ['IPv6', 'fd00::1', { 'x-forwarded-for': '2001:db8:1:2::3' }, '2001:db8:1:2::/64'],
  ['Forwarded', '10.0.0.1', { forwarded: 'for="[2001:db8:1:2::3]:47";proto=https' }, '2001:db8:1:2::/64'],
  ['not an address', '10.0.0.1', { 'x-forwarded-for': 'unknown' }, '10.0.0.1'],
  ['empty', '10.0.0.1', { 'x-forwarded-for': ' , ' }, '10.0.0.1'],
])('counts a request under its client: %s', async (_, remoteAddress, headers, client) => {
  const app = new Hono<{ Bindings: Partial<HttpBindings> }>()
  const of = clientOf(['10.0.0.0/8', 'fd00::1'])
  app.get('/', (c) => c.text(of(c)))
  const env = { incoming: { socket: { remoteAddress } } } as unknown as Partial<HttpBindings>
  expect(await (await app.request('/', { headers }, env)).text()).toBe(client)
})
