import { expect, test } from 'vitest'

import { Sessions } from '../../src/status-page/access/sessions.ts'
import { pageRequests } from './page-requests.ts'

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
  expect(cookie).toMatch(/^swarmwatch-8080=\d+\.[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(token)
  expect((await request('/', { headers: { cookie: cookie.split(';', 1)[0]! } })).status).toBe(200)
})

test('marks the cookie secure behind a proxy that speaks HTTPS', async () => {
  const login = typed(token)
  const answer = await pageRequests({ token })('/login', {
    ...login,
    headers: { 'x-forwarded-proto': 'https' },
  })
  expect(answer.headers.get('set-cookie')).toContain('; Secure')
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

test('lets nobody guess: after six wrong tokens the address has to wait', async () => {
  const request = pageRequests({ token })
  const statuses: number[] = []
  for (let index = 0; index < 8; index += 1) statuses.push((await request('/login', typed(`guess ${index}`))).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429])
})
