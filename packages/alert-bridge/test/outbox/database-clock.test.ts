import { expect, test } from 'vitest'

import { databaseClock } from '../../src/outbox/postgres/database-clock.ts'

/** A clock of this machine and one of the server, an hour later, which advance together. */
function clocks() {
  let [local, server] = [0, 3_600_000]
  const clock = databaseClock(() => local)
  const pass = (ms: number): void => void ([local, server] = [local + ms, server + ms])
  return {
    clock,
    pass,
    server: () => server,
    setServer: (ms: number) => void (server += ms),
    /** Asks the server, which reads its clock after the first part of the time. */
    askFor: (beforeMs: number, afterMs: number) => {
      const answer = clock.ask()
      pass(beforeMs)
      const at = server
      pass(afterMs)
      answer(at)
    },
  }
}

test('takes the time of the server from the first answer', () => {
  const { clock, server, askFor } = clocks()
  askFor(10, 10)
  expect(clock.now()).toBe(server())
})

test.each([
  ['the answer', 0, 8_000],
  ['the question', 8_000, 0],
])('stays when %s takes long', (_, beforeMs, afterMs) => {
  const { clock, server, askFor } = clocks()
  askFor(1, 1)
  askFor(beforeMs, afterMs)
  expect(clock.now()).toBe(server())
})

test.each([20_000, -20_000])('follows the server, whose clock was set by %i ms', (ms) => {
  const { clock, server, askFor, setServer } = clocks()
  askFor(1, 1)
  setServer(ms)
  askFor(50, 50)
  expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(50)
})
