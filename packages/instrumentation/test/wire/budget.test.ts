import { BudgetExceededError, currentExecution, instrumentAgent } from '@swarmwatch/sdk'
import { configureInferences } from '@swarmwatch/sdk/instrumentation'
import { openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { observeWire } from './observed-calls.ts'

const usage = { prompt_tokens: 15, completion_tokens: 5, total_tokens: 20 }

/** A server for which every answer costs 20 tokens; requests from number `heldFrom` on are never answered. */
async function openModel(heldFrom = Infinity) {
  const closed = Promise.withResolvers<void>()
  let requests = 0
  const server = await openHttpServer((_, response) => {
    requests += 1
    if (requests >= heldFrom) {
      response.once('close', () => closed.resolve())
      return
    }
    const choices = [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }]
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ id: `budget-${requests}-${server.port}`, object: 'chat.completion', model: 'm', choices, usage }))
  })
  const call = async (): Promise<void> => {
    const { signal } = currentExecution()!
    const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}', signal })
    await response.json()
  }
  return { server, call, closed: closed.promise }
}

test.each([
  { budget: { tokens: 50 }, requests: 3 },
  { budget: { modelCalls: 4 }, requests: 5 },
  { budget: { usd: 0.05 }, requests: 3 },
])(
  'a run with the budget $budget ends after $requests model calls, the last of which exceeds it',
  async ({ budget, requests }) => {
    await observeWire()
    onTestFinished(configureInferences({ price: ({ usage: of }) => ((of.inputTokens ?? 0) + (of.outputTokens ?? 0)) / 1000 }))
    const { server, call } = await openModel()
    await using _ = server
    const agent = instrumentAgent(
      async () => {
        for (let n = 0; n < 100; n += 1) await call()
      },
      { name: 'spender', budget, logger: false },
    )
    await expect(agent()).rejects.toBeInstanceOf(BudgetExceededError)
    expect(server.requests.length).toBe(requests)
  },
)

test('a model call that is in progress is aborted when another one exceeds the budget', async () => {
  await observeWire()
  const { server, call, closed } = await openModel(2)
  await using _ = server
  const agent = instrumentAgent(
    async () => {
      const first = call()
      await Promise.all([first, call()])
    },
    { name: 'spender', budget: { tokens: 19 }, logger: false },
  )
  await expect(agent()).rejects.toMatchObject({ budget: 'tokens', spent: { tokens: 20 } })
  await closed
})
