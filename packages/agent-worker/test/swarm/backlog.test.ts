import { expect, onTestFinished, test } from 'vitest'

import { backlogItems, type BacklogServer, startBacklogServer } from '../../src/swarm/backlog.ts'

async function start(): Promise<BacklogServer> {
  const server = await startBacklogServer()
  onTestFinished(() => server.close())
  return server
}

const post = (url: string, body: string): Promise<Response> => fetch(url, { method: 'POST', body })

test('the backlog service returns all items and a single item', async () => {
  const { url } = await start()
  expect(await (await fetch(`${url}/items`)).json()).toEqual({ items: backlogItems })
  expect(await (await fetch(`${url}/items/B-2`)).json()).toEqual(backlogItems[1])
})

test('the backlog service keeps the last twenty reviews of an item', async () => {
  const { url, reviewsOf } = await start()
  for (let n = 1; n <= 25; n += 1) {
    const response = await post(`${url}/items/B-1/reviews`, JSON.stringify({ verdict: 'approve', summary: `review ${n}` }))
    expect(response.status).toBe(201)
  }
  const { reviews } = (await (await fetch(`${url}/items/B-1/reviews`)).json()) as { reviews: { summary: string }[] }
  expect(reviews.map(({ summary }) => summary)).toEqual(Array.from({ length: 20 }, (_, n) => `review ${n + 6}`))
  expect(reviewsOf('B-1')).toEqual(reviews)
})

test('the backlog service names the invalid part of a review', async () => {
  const { url } = await start()
  const reviews = `${url}/items/B-1/reviews`
  const answers = [
    await post(reviews, '{'),
    await post(reviews, '{"verdict":"maybe"}'),
    await post(reviews, `"${'x'.repeat(10_000)}"`),
  ]
  expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]))).toEqual([
    [400, { error: 'the body is not JSON' }],
    [422, { error: 'invalid verdict, summary' }],
    [413, { error: 'at most 10000 bytes' }],
  ])
})

test('the backlog service rejects unknown items, paths and methods', async () => {
  const { url } = await start()
  const statuses = await Promise.all(
    ['/items/B-99', '/', '/items/../etc', '/items/B-1/other'].map(async (path) => (await fetch(url + path)).status),
  )
  expect(statuses).toEqual([404, 404, 404, 404])
  expect((await post(`${url}/items`, '{}')).status).toBe(405)
  expect((await fetch(`${url}/items/B-1/reviews`, { method: 'DELETE' })).status).toBe(405)
})
