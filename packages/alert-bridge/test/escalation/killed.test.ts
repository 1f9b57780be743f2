import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { openSink } from '../crash/sink.ts'
import { runBridge, type RunningBridge } from '../crash/run-bridge.ts'
import { firing } from '../helpers/alert-groups.ts'
import { token } from '../helpers/token.ts'
import { step } from './moved-clock.ts'

/** Time of the second step, in seconds. The bridge looks every second, and its start takes a few seconds on a busy machine. */
const secondAfter = 6

test(
  'a bridge that is killed again and again still notifies the second person, in time and once',
  { timeout: 300_000 },
  async () => {
    const sink = await openSink()
    const steps = [step(0, { recipients: ['first@example.com'] }), step(secondAfter, { recipients: ['second@example.com'] })]
    const env = { SINK_URL: sink.url, DATA_DIR: temporaryFolder(), ESCALATION: JSON.stringify(steps) }
    let bridge: RunningBridge = (await runBridge(env))!
    onTestFinished(() => void bridge.child.kill('SIGKILL'))
    const startedAt = performance.now()
    const answer = await fetch(`${bridge.url}/api/v1/alerts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(firing({ severity: 'critical' })),
    })
    expect(answer.status).toBe(200)
    const kill = async (): Promise<void> => {
      bridge.child.kill('SIGKILL')
      await bridge.ended
      bridge = (await runBridge(env))!
    }
    // before the first step, between the steps, and at the time of the second one
    let lastStart = performance.now()
    for (let kills = 0; kills < 3 || performance.now() - startedAt < secondAfter * 1000; kills += 1) {
      await kill()
      lastStart = performance.now()
    }
    const stepOf = (person: string) =>
      sink.received.filter(({ recipient, step: sent }) => recipient === person && sent !== undefined)
    await eventually('the second person to be notified', () => stepOf('second@example.com').length > 0)
    const [second] = stepOf('second@example.com')
    expect(second!.at - startedAt).toBeGreaterThanOrEqual(secondAfter * 1000 - 100)
    // at its time, or as soon as a bridge runs again
    expect(second!.at - Math.max(startedAt + secondAfter * 1000, lastStart)).toBeLessThan(30_000)
    await kill()
    await eventually('nothing to wait', async () => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${bridge.url}/api/v1/deliveries?state=pending`, { headers })
      return ((await response.json()) as { deliveries: object[] }).deliveries.length === 0
    })
    for (const person of ['first@example.com', 'second@example.com']) {
      // a message that was sent when the bridge was killed may come again, and is then marked
      const [first, ...again] = stepOf(person)
      expect([new Set(stepOf(person).map(({ id }) => id)).size, first?.step]).toEqual([
        1,
        person.startsWith('first') ? '1.0' : '2.0',
      ])
      expect(again.every(({ mayHaveArrived }) => mayHaveArrived)).toBe(true)
    }
  },
)
