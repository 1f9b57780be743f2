import { describe, expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { channelBreaker } from '../../src/deliveries/channel-breaker.ts'

const works: DeliveryResult = { kind: 'delivered' }
const fails: DeliveryResult = { kind: 'retry', reason: 'HTTP 500' }
const isBroken: DeliveryResult = { kind: 'channel-down', reason: 'HTTP 404' }
const asksForPatience: DeliveryResult = { kind: 'retry', reason: 'HTTP 429', retryAfterSeconds: 5 }

/** A breaker with a clock of its own, and what it reported. */
function watched(failures?: number) {
  const reports: string[] = []
  const clock = { now: 1_000 }
  const breaker = channelBreaker({
    now: () => clock.now,
    probeAfterMs: 100,
    ...(failures !== undefined && { failures }),
    onOpen: (reason) => reports.push(`open: ${reason}`),
    onClose: () => reports.push('closed'),
  })
  const send = async (...results: DeliveryResult[]): Promise<void> => {
    for (const result of results) expect(await breaker.watch(async () => result)).toBe(result)
  }
  return { breaker, clock, reports, send }
}

describe('a breaker opens', () => {
  test('at the fifth failure in a row', async () => {
    const { breaker, reports, send } = watched()
    await send(fails, fails, fails, fails)
    expect([breaker.isOpen, breaker.state, reports]).toEqual([false, 'closed', []])
    await send(fails)
    expect([breaker.isOpen, breaker.state, reports]).toEqual([true, 'open', ['open: HTTP 500']])
  })

  test('immediately when the channel reports that it is broken', async () => {
    const { breaker, reports, send } = watched()
    await send(isBroken)
    expect([breaker.state, reports]).toEqual(['open', ['open: HTTP 404']])
  })

  test('after the configured number of failures', async () => {
    const { breaker, send } = watched(2)
    await send(fails)
    expect(breaker.state).toBe('closed')
    await send(fails)
    expect(breaker.state).toBe('open')
  })

  test('not when a delivery between the failures went through, or only patience was asked for', async () => {
    const { breaker, reports, send } = watched()
    await send(fails, fails, fails, fails, works, fails, fails, fails, fails)
    expect([breaker.state, reports]).toEqual(['closed', []])
    const patient = watched(1)
    await patient.send(asksForPatience, { kind: 'undeliverable', reason: '550' })
    expect([patient.breaker.state, patient.reports]).toEqual(['closed', []])
  })
})

describe('an open breaker', () => {
  test('allows one probe when its time has come, and no other message at the same time', async () => {
    const { breaker, clock, send } = watched()
    await send(isBroken)
    expect(breaker.probeAt).toBe(1_100)
    clock.now = 1_099
    expect(breaker.state).toBe('open')
    clock.now = 1_100
    expect(breaker.state).toBe('probe')
    await breaker.watch(async () => {
      expect(breaker.state).toBe('open')
      return works
    })
    expect(breaker.state).toBe('closed')
  })

  test('doubles the wait after each failed probe, up to eight times the first, and reports once that it opened', async () => {
    const { breaker, clock, reports, send } = watched()
    const waits: number[] = []
    for (let probe = 0; probe < 6; probe += 1) {
      await send(probe === 1 ? fails : isBroken)
      waits.push(breaker.probeAt - clock.now)
      clock.now = breaker.probeAt
    }
    expect(waits).toEqual([100, 200, 400, 800, 800, 800])
    expect(reports).toEqual(['open: HTTP 404'])
  })

  test('lets another go after each probe, whether it failed or broke off', async () => {
    const { breaker, clock, send } = watched()
    await send(isBroken)
    clock.now = breaker.probeAt
    await send(fails)
    expect(breaker.state).toBe('open')
    clock.now = breaker.probeAt
    expect(breaker.state).toBe('probe')
    await expect(breaker.watch(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
    expect(breaker.state).toBe('probe')
  })
})

describe('deliveries that were on their way when a breaker opened', () => {
  /** Two that go out together, and what ends them. */
  const two = ({ breaker }: Pick<ReturnType<typeof watched>, 'breaker'>) => {
    const [one, other] = [Promise.withResolvers<DeliveryResult>(), Promise.withResolvers<DeliveryResult>()]
    const watching = [breaker.watch(() => one.promise), breaker.watch(() => other.promise)]
    return { one, other, done: Promise.all(watching), first: watching[0] }
  }

  test('do not put off the first probe when they fail too', async () => {
    const { breaker, reports, clock } = watched()
    const { one, other, done, first } = two({ breaker })
    one.resolve(isBroken)
    await first
    clock.now = 1_050
    other.resolve(isBroken)
    await done
    expect(breaker.probeAt).toBe(1_100)
    expect(reports).toEqual(['open: HTTP 404'])
  })

  test.each([works, fails])('let no second probe go when they end during the first', async (late) => {
    const { breaker, clock, reports } = watched()
    const { one, other, done, first } = two({ breaker })
    one.resolve(isBroken)
    await first
    clock.now = 1_100
    await breaker.watch(async () => {
      other.resolve(late)
      await done
      expect(breaker.state).toBe('open')
      return works
    })
    expect([breaker.state, reports]).toEqual(['closed', ['open: HTTP 404', 'closed']])
  })
})

test('a breaker that closed starts again: five failures in a row, the first wait, and a new report', async () => {
  const { breaker, clock, reports, send } = watched()
  await send(fails, fails, fails, fails, fails)
  clock.now = breaker.probeAt
  await send(isBroken)
  clock.now = breaker.probeAt
  await send(works)
  expect(reports).toEqual(['open: HTTP 500', 'closed'])
  await send(fails, fails, fails, fails)
  expect(breaker.state).toBe('closed')
  await send(fails)
  expect([breaker.state, breaker.probeAt - clock.now]).toEqual(['open', 100])
  expect(reports).toEqual(['open: HTTP 500', 'closed', 'open: HTTP 500'])
})
