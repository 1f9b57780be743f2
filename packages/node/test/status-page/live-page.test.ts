import { expect, onTestFinished, test } from 'vitest'

import { livePage, type LivePage, type LivePageOptions } from '../../src/status-page/live-page.ts'

const parts = { clock: '', health: '', figures: '', alerts: '', running: '', agents: '', recent: '' }

function page(options: Partial<LivePageOptions> = {}): LivePage {
  const live = livePage({
    render: () => ({ headline: '100 healthy', fragments: parts }),
    tickMs: 2,
    onError: () => {},
    ...options,
  })
  onTestFinished(() => live.close())
  return live
}

/** The texts of a stream, one after the other. */
function texts(stream: ReadableStream<Uint8Array> | undefined): () => Promise<string> {
  const reader = stream!.getReader()
  return async () => new TextDecoder().decode((await reader.read()).value)
}

test('sends the whole page first, then only changes', async () => {
  let agents = 'one'
  const next = texts(page({ render: () => ({ headline: '100 healthy', fragments: { ...parts, agents } }) }).join())
  expect(await next()).toBe(
    `retry: 2000\nevent: page\ndata: {"headline":"100 healthy","fragments":{"clock":"","health":"","figures":"","alerts":"","running":"","agents":"one","recent":""}}\n\n`,
  )
  agents = 'two'
  expect(await next()).toBe('retry: 2000\nevent: page\ndata: {"headline":"100 healthy","fragments":{"agents":"two"}}\n\n')
})

test('sends nothing while only the clock changes, except a comment that keeps the connection', async () => {
  let ticks = 0
  const render = () => ({ headline: '100 healthy', fragments: { ...parts, clock: String((ticks += 1)) } })
  const next = texts(page({ render, heartbeatMs: 20 }).join())
  await next()
  expect(await next()).toBe(': here\n\n')
  expect(ticks).toBeGreaterThanOrEqual(10)
})

test('renders once for all readers, and not at all without a reader', async () => {
  let renders = 0
  const live = page({ render: () => ({ headline: '', fragments: { ...parts, agents: String((renders += 1)) } }) })
  expect(renders).toBe(0)
  const streams = [live.join(), live.join(), live.join()]
  expect(renders).toBe(1)
  const nexts = streams.map(texts)
  await Promise.all(nexts.map((next) => next()))
  const [first, ...others] = await Promise.all(nexts.map((next) => next()))
  expect(first).toContain('{"agents":"2"}')
  expect(others).toEqual([first, first])
})

test('stops its timer when the last reader goes, and starts again with the next', async () => {
  let renders = 0
  const live = page({ render: () => ({ headline: '', fragments: { ...parts, agents: String((renders += 1)) } }) })
  const stream = live.join()!
  await stream.cancel()
  const before = renders
  const other = live.join()!
  expect([live.readers, renders]).toEqual([1, before + 1])
  await other.cancel()
  expect(live.readers).toBe(0)
})

test('takes 50 readers and refuses the next; a place that is given back can be taken', async () => {
  const live = page()
  const streams = Array.from({ length: 50 }, () => live.join())
  expect(streams).not.toContain(undefined)
  expect(live.join()).toBeUndefined()
  await streams[7]!.cancel()
  expect(live.join()).toBeDefined()
})

test('drops a slow reader when its buffer is full, and continues with the others', async () => {
  let count = 0
  const render = () => ({ headline: '', fragments: { ...parts, agents: 'x'.repeat(1000) + String((count += 1)) } })
  const live = page({ render, maxWaitingBytes: 10_000 })
  const stuck = live.join()!
  const next = texts(live.join())
  while (live.readers > 1) await next()
  // 10,000 bytes hold at most nine events of a good thousand
  expect(count).toBeLessThan(20)
  await expect(stuck.getReader().read()).rejects.toThrow('did not keep up')
})

test('cuts the connection of a reader that it drops', async () => {
  let cuts = 0
  const live = page()
  live.join({ destroy: () => (cuts += 1) })
  live.close()
  expect([cuts, live.readers]).toEqual([1, 0])
})

test('continues after a page that could not be rendered', async () => {
  const errors: unknown[] = []
  let isBroken = true
  const render = (): never | { headline: string; fragments: typeof parts } => {
    if (isBroken) throw new Error('no data')
    return { headline: '', fragments: { ...parts, agents: 'back' } }
  }
  const next = texts(page({ render, onError: (error) => errors.push(error) }).join())
  expect(await next()).toBe(': here\n\n')
  isBroken = false
  expect(await next()).toContain('back')
  expect(errors[0]).toEqual(new Error('no data'))
})
