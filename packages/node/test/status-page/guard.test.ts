import { localUrl } from '@swarmwatch/config/listen'
import { expect, test } from 'vitest'

import { countedAddress, RequestBudget } from '../../src/status-page/request-guard.ts'
import { pageRequests } from './page-requests.ts'

test('lets an address ask 60 times at once, then 5 times a second', () => {
  let nowMs = 0
  const budget = new RequestBudget({ now: () => nowMs })
  const answers = Array.from({ length: 61 }, () => budget.spend('192.0.2.1'))
  expect(answers).toEqual([...Array<number>(60).fill(0), 1])
  expect(budget.spend('192.0.2.2')).toBe(0)
  nowMs = 1000
  expect(Array.from({ length: 6 }, () => budget.spend('192.0.2.1'))).toEqual([0, 0, 0, 0, 0, 1])
})

test('remembers a bounded number of addresses, those that asked last', () => {
  const budget = new RequestBudget({ burst: 1, maxAddresses: 3, now: () => 0 })
  for (const address of ['a', 'b', 'c', 'a', 'd']) budget.spend(address)
  expect(budget.size).toBe(3)
  expect(['a', 'b'].map((address) => budget.spend(address))).toEqual([1, 0])
})

test('answers 429 with the seconds to wait; /healthz always answers', async () => {
  const request = pageRequests({ budget: new RequestBudget({ burst: 1, perSecond: 0.1, now: () => 0 }) })
  expect((await request('/')).status).toBe(200)
  const refused = await request('/')
  expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([429, '10', 'Too many requests\n'])
  expect((await request('/healthz')).status).toBe(200)
})

test.each([
  [undefined, 'unknown'],
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('counts %s under %s', (address, counted) => expect(countedAddress(address)).toBe(counted))

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8080/'],
  ['0.0.0.0', 'http://127.0.0.1:8080/'],
  ['::', 'http://127.0.0.1:8080/'],
  ['::1', 'http://[::1]:8080/'],
])('names the page on %s so that a browser here can open it', (host, url) => expect(localUrl(host, 8080)).toBe(url))

test('does not answer to another name that was resolved to this machine', async () => {
  const app = pageRequests()
  expect((await app('/')).status).toBe(200)
  const { statusApp } = await import('../../src/status-page/status-app.ts')
  for (const [host, token, status] of [
    ['127.0.0.1', undefined, 421],
    ['127.0.0.1', 'secret', 401],
    ['0.0.0.0', undefined, 200],
  ] as const) {
    const page = statusApp({ host, token })
    expect((await page.fetch(new Request('http://rebound.example.org:8080/api/health'))).status).toBe(status)
    page.close()
  }
})

test.each([
  ['cross-site', 'cors', 403],
  ['same-site', 'no-cors', 403],
  ['cross-site', 'navigate', 200],
  ['same-origin', 'cors', 200],
])('answers a request %s, %s with %i', async (site, mode, status) => {
  const answer = await pageRequests()('/events', { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode } })
  await answer.body?.cancel()
  expect(answer.status).toBe(status)
})
