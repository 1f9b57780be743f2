import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'

import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { Channel, Delivery, DeliveryResult } from '../../src/channels/channel.ts'
import { anyNotice } from '../message/any-notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { channels } from '../../src/channels/registry.ts'
import { planted, type DrivenChannel } from './drivers/channel-driver.ts'
import { drivers } from './drivers/drivers.ts'
import { until } from './until.ts'

const neverAborted = new AbortController().signal

test('every channel type has a driver in test/channels/drivers', () => {
  expect(Object.keys(channels).filter((type) => (drivers[type] ?? []).length === 0)).toEqual([])
})

test('every channel type has a test of its messages, test/channels/TYPE.test.ts', () => {
  const types = Object.keys(channels)
  expect(types.filter((type) => !existsSync(join(import.meta.dirname, `${type}.test.ts`)))).toEqual([])
})

for (const { variant, hasServer, start } of Object.values(drivers).flat()) {
  describe(variant, () => {
    conformance(start)
    if (hasServer) serverConformance(start)
  })
}

/** Promises of every channel, checked against a real server. */
function conformance(start: () => Promise<DrivenChannel>): void {
  const kinds = Object.keys(sampleNotices) as (keyof typeof sampleNotices)[]

  test('delivers every kind of notice, each once', async () => {
    const { channel, arrived } = await started(start)
    for (const kind of kinds) {
      const delivery = deliveryTo(channel, { id: `delivery-${kind}`, notice: sampleNotices[kind] })
      expect(await channel.deliver(delivery, neverAborted)).toMatchObject({ kind: 'delivered' })
    }
    expect(arrived()).toHaveLength(kinds.length)
  })

  test('a thread survives being stored as JSON, and rubbish in its place does no harm', async () => {
    const { channel } = await started(start)
    const first = await channel.deliver(deliveryTo(channel), neverAborted)
    const thread: unknown = first.kind === 'delivered' ? JSON.parse(JSON.stringify(first.thread ?? null)) : undefined
    for (const stored of [thread, null, 'x', 7, [], { root: '<a>\r\nBcc: <b>', ts: 1, channel: {} }]) {
      const later = deliveryTo(channel, { id: 'delivery-2', notice: sampleNotices.resolved, thread: stored })
      expect(await channel.deliver(later, neverAborted)).toMatchObject({ kind: 'delivered' })
    }
  })

  test('the same delivery sent twice carries the same id, another one another', async () => {
    const { channel, ids } = await started(start)
    for (const id of ['delivery-1', 'delivery-1', 'delivery-2']) {
      await channel.deliver(deliveryTo(channel, { id }), neverAborted)
    }
    const [first, again, other] = ids()
    expect(again).toBe(first)
    if (first !== undefined) expect(other).not.toBe(first)
  })

  test('an id of any characters is made fit for a header', async () => {
    const { channel } = await started(start)
    for (const id of ['a b\r\nBcc: x@example.com', 'x'.repeat(5_000), '', '\uD800']) {
      expect(await channel.deliver(deliveryTo(channel, { id }), neverAborted)).toMatchObject({ kind: 'delivered' })
    }
  })

  test('any notice, however hostile, is delivered', async () => {
    const { channel } = await started(start)
    const property = fc.asyncProperty(anyNotice, async (notice) => {
      expect(await channel.deliver(deliveryTo(channel, { notice }), neverAborted)).toMatchObject({ kind: 'delivered' })
    })
    await fc.assert(property, { numRuns: 30 })
  })

  test('a recipient that is not in the settings gets nothing', async () => {
    const { channel, arrived } = await started(start)
    const result = await channel.deliver(deliveryTo(channel, { recipient: 'evil@example.com' }), neverAborted)
    expect(result).toEqual({ kind: 'undeliverable', reason: 'the recipient is not in the settings of this channel' })
    expect(arrived()).toEqual([])
  })

  test('given up before it starts, it sends nothing and knows that', async () => {
    const { channel, arrived } = await started(start)
    const result = await channel.deliver(deliveryTo(channel), AbortSignal.abort())
    expect(result).toEqual({ kind: 'retry', reason: 'canceled before it was sent' })
    expect(arrived()).toEqual([])
  })

  test('no secret shows in the channel, a result or a line, even when the server quotes them all', async () => {
    const { channel, server, lines } = await started(start)
    const results: DeliveryResult[] = [await channel.deliver(deliveryTo(channel), neverAborted)]
    server?.echo()
    results.push(await channel.deliver(deliveryTo(channel), neverAborted))
    const everything =
      inspect({ channel, results, lines }, { depth: Infinity, showHidden: true }) + JSON.stringify({ channel, results })
    for (const secret of planted) {
      for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) {
        expect(everything).not.toContain(form)
      }
    }
  })
}

/** Further promises of a channel with a server. */
function serverConformance(start: () => Promise<DrivenChannel>): void {
  test('given up while the server is silent, it settles at once', async () => {
    const { channel, server } = await startedWithServer(start)
    server.hang()
    const giveUp = new AbortController()
    const delivering = channel.deliver(deliveryTo(channel), giveUp.signal)
    await until(() => server.connections() > 0)
    giveUp.abort()
    expect(await delivering).toMatchObject({ kind: 'retry' })
  })

  test('close ends deliveries in progress and leaves no connection open', async () => {
    const { channel, server } = await startedWithServer(start)
    await channel.deliver(deliveryTo(channel), neverAborted)
    server.hang()
    const before = server.connections()
    const delivering = channel.deliver(deliveryTo(channel), neverAborted)
    await until(() => server.connections() > before || before > 0)
    await channel.close()
    expect(await delivering).toMatchObject({ kind: 'retry' })
    await until(() => server.connections() === 0)
    await channel.close()
  })

  test('a reason is one line of ASCII, at most 300 characters', async () => {
    const { channel, server } = await startedWithServer(start)
    server.echo()
    const result = await channel.deliver(deliveryTo(channel), neverAborted)
    expect(result.kind).not.toBe('delivered')
    expect('reason' in result && result.reason).toMatch(/^[\x20-\x7E]{1,300}$/)
  })
}

async function startedWithServer(
  start: () => Promise<DrivenChannel>,
): Promise<{ readonly channel: Channel; readonly server: NonNullable<DrivenChannel['server']> }> {
  const { channel, server } = await started(start)
  return { channel, server: server! }
}

async function started<Kind extends DrivenChannel>(
  start: () => Promise<Kind>,
): Promise<Kind & { channel: Channel; lines: string[] }> {
  const driven = await start()
  const lines: string[] = []
  const channel = driven.open({ write: (line) => lines.push(line) })
  onTestFinished(async () => {
    await channel.close()
    await driven[Symbol.asyncDispose]()
  })
  return Object.assign(driven, { channel, lines })
}

function deliveryTo(channel: Channel, more: Partial<Delivery> = {}): Delivery {
  return { id: 'delivery-1', recipient: channel.recipients[0]!, notice: sampleNotices.firing, ...more }
}
