import { currentExecution, instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { startedTelemetry } from '../started-telemetry.ts'
import { readText } from './page-requests.ts'

test('the page and the JSON show what a running run has left of its budget, and its use when it has ended', async () => {
  const { telemetry } = await startedTelemetry({
    monitor: { port: 0 },
    budgets: { planner: { usd: 0.5, modelCalls: 40, seconds: 600 } },
  })
  const answerOf = async (path: string): Promise<Response> => fetch(new URL(path, telemetry.pageUrl))
  const page = async (): Promise<string> => readText(await (await answerOf('/')).text())
  const spent = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const child = instrumentAgent(async () => currentExecution()?.addCost(0.12), { name: 'planner-child', logger: false })
  const planner = instrumentAgent(
    async () => {
      await child()
      spent.resolve()
      await goOn.promise
    },
    { name: 'planner', logger: false },
  )
  const running = planner()
  await spent.promise
  expect(await page()).toContain('$0.38 of $0.50')
  const { running: active } = (await (await answerOf('api/executions?agent=planner')).json()) as { running: object[] }
  expect(active).toMatchObject([
    {
      budget: {
        limits: { usd: 0.5, modelCalls: 40, seconds: 600 },
        used: { usd: 0.12, tokens: 0, modelCalls: 0, toolCalls: 0 },
      },
    },
  ])
  goOn.resolve()
  await running
  expect(await page()).toMatch(/budget used: \$0\.12 of \$0\.50, \S+ s of 10 min.*, 0 of 40 model calls/)
})

test('results of once tools that are reused are counted on the page and in the sums', async () => {
  const { telemetry } = await startedTelemetry({ monitor: { port: 0 } })
  const pay = instrumentTool(async () => 'paid', { name: 'pay', once: true })
  let attempts = 0
  const buyer = instrumentAgent(
    async () => {
      await pay()
      attempts += 1
      if (attempts === 1) throw new Error('flaky')
    },
    { name: 'buyer', logger: false, recovery: { baseDelaySeconds: 0 } },
  )
  await buyer()
  const answerOf = async (path: string): Promise<Response> => fetch(new URL(path, telemetry.pageUrl))
  expect(readText(await (await answerOf('/')).text())).toContain('1 tool result reused')
  expect(await (await answerOf('api/agents?agent=buyer')).json()).toMatchObject({ agents: [{ reusedToolCalls: 1 }] })
})
