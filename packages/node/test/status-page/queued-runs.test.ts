import { instrumentAgent } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { startedTelemetry } from '../started-telemetry.ts'
import { readText } from './page-requests.ts'

test('a run whose queue owns the next attempt is listed as queued, then once with all its attempts', async () => {
  const { telemetry } = await startedTelemetry({ monitor: { port: 0 } })
  const page = async (): Promise<string> => readText(await (await fetch(telemetry.pageUrl!)).text())
  const agent = instrumentAgent(
    async (attempt: number) => {
      if (attempt === 1) throw Object.assign(new Error('slow down'), { status: 429 })
    },
    {
      name: 'order-taker',
      logger: false,
      continuation: (attempt) => ({ executionId: 'orders/1', attempt, isFinal: false }),
    },
  )

  await agent(1).catch(() => {})
  const queued = await page()
  expect(queued).toContain('No agent is running.')
  expect(queued).toContain('queued order-taker 429 slow down 1 attempt')
  expect(queued).toContain('its attempt failed; a queue decides on the next one')

  await agent(2)
  const ended = await page()
  expect(ended).toContain('recovered order-taker 2 attempts')
  expect(ended).not.toContain('queued order-taker')
})
