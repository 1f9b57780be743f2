import { instrumentAgent, recordInference } from '@swarmwatch/sdk'
import { answer, failure, openModelProvider } from '@swarmwatch/testkit/providers'
import { expect, test } from 'vitest'

import { startedTelemetry } from '../started-telemetry.ts'
import { readText } from './page-requests.ts'

test('page and JSON show model, calls, requests, cached tokens and cost of a run as its provider counted them', async () => {
  const bill = { cacheReadInputTokens: 500, costUsd: 0.0125 }
  await using provider = await openModelProvider([failure(503), answer('done', { bill, model: 'm-1-2026' })])
  const { telemetry } = await startedTelemetry({ monitor: { port: 0 } })
  const ask = async (): Promise<number> => {
    const response = await fetch(`${provider.openaiUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm-1', messages: [] }),
    })
    await response.text()
    return response.status
  }
  // As a client that repeats a failed request by itself
  const agent = instrumentAgent(async () => [await ask(), await ask()], { name: 'reporter', logger: false })
  expect(await agent()).toEqual([503, 200])

  const { inputTokens, outputTokens } = provider.billed()
  const answerOf = async (path: string): Promise<Response> => fetch(new URL(path, telemetry.pageUrl))
  const { recent } = (await (await answerOf('api/executions?agent=reporter')).json()) as { recent: object[] }
  expect(recent).toEqual([
    expect.objectContaining({
      models: ['m-1'],
      modelCalls: 1,
      httpTries: 2,
      attempts: [expect.objectContaining({ httpTries: 2 }) as object],
      inputTokens,
      outputTokens,
      cachedInputTokens: 500,
      costUsd: 0.0125,
    }),
  ])
  const { agents } = (await (await answerOf('api/agents?agent=reporter')).json()) as { agents: object[] }
  expect(agents).toEqual([
    expect.objectContaining({
      modelCalls: 1,
      httpTries: 2,
      tokens: { input: inputTokens, output: outputTokens, cachedInput: 500 },
      costUsd: 0.0125,
    }),
  ])
  expect(readText(await (await answerOf('/')).text())).toContain(
    `${inputTokens.toLocaleString('en-US')} tokens in (500 cached), ${outputTokens} out, $0.0125, 0 tool calls 1 model call with 2 HTTP requests: m-1`,
  )
})

test('a cost that is unknown is not shown as $0, and one that is known in part is a minimum', async () => {
  const { telemetry } = await startedTelemetry({ monitor: { port: 0 }, prices: { known: { input: 1_000, output: 0 } } })
  const usage = { inputTokens: 120, outputTokens: 3 }
  const answerOf = async (path: string): Promise<Response> => fetch(new URL(path, telemetry.pageUrl))
  const page = async (): Promise<string> => readText(await (await answerOf('/')).text())
  await instrumentAgent(async () => recordInference({ model: 'own-model', usage }), { name: 'unpriced-agent' })()
  expect(await page()).toContain('120 tokens in, 3 out, cost unknown (1 model call without a known cost), 0 tool calls')
  const both = async (): Promise<void> => {
    for (const model of ['own-model', 'known']) recordInference({ model, usage })
  }
  await instrumentAgent(both, { name: 'partly-priced' })()
  expect(await page()).toContain('240 tokens in, 6 out, cost $0.12 or more (1 model call without a known cost), 0 tool calls')
  const { recent } = (await (await answerOf('api/executions?agent=unpriced-agent')).json()) as { recent: object[] }
  expect(recent).toEqual([expect.objectContaining({ unpricedCalls: 1, costUsd: 0 })])
  const { agents } = (await (await answerOf('api/agents?agent=partly-priced')).json()) as { agents: object[] }
  expect(agents).toEqual([expect.objectContaining({ unpricedCalls: 1, costUsd: 0.12 })])
})
