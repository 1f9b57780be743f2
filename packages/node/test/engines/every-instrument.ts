import { configureQuality, currentExecution, experiment, instrumentAgent, instrumentTool, onExecution } from '@swarmwatch/sdk'
import { recordMcpOperation } from '@swarmwatch/sdk/instrumentation'
import type { ModelProvider } from '@swarmwatch/testkit/providers'

import { callModels, openEveryModel } from '../every-model.ts'
import { startLongAgo } from '../start-long-ago.ts'
import { useUnavailableProvider } from '../unavailable-provider.ts'

/**
 * Runs agents until every instrument of the SDK has a value: failure, retry, tool, model calls, tokens,
 * cost, score, objective, budget, variant, cancelled, a tool that runs once, a tool call over MCP, a run without progress, a
 * breaker, a fallback, a listener that throws. Its model calls go to `models`, or to a provider on a new port, which is a label of its own.
 */
export async function useEveryInstrument(models?: ModelProvider): Promise<void> {
  await using own = models === undefined ? await openEveryModel() : undefined
  const provider = models ?? own!
  const options = { logger: false, recovery: { maxRetries: 1, baseDelaySeconds: 0 } } as const
  const search = instrumentTool(
    async (ok: boolean) => {
      if (!ok) throw new TypeError('no result')
      return 'found'
    },
    { name: 'search' },
  )
  const pay = instrumentTool(async () => 'paid', { name: 'pay', once: true })
  const stopListening = onExecution(() => {
    throw new Error('a listener that is swallowed and counted')
  })
  configureQuality({ 'every-agent': { helpfulness: 0.7 } })
  let calls = 0
  const agent = instrumentAgent(
    async (fate: 'recovers' | 'fails' | 'works') => {
      const execution = currentExecution()
      execution?.addTokens({ input: 100, output: 20, model: 'm-1' })
      execution?.addTokens({ input: 300, output: 20, model: 'm-1' })
      execution?.addCost(0.02, { model: 'm-1' })
      execution?.addScore('helpfulness', 0.8)
      if (fate === 'works') await callModels(provider)
      await pay()
      if (fate === 'fails' || (fate === 'recovers' && calls++ === 0)) await search(false)
      return search(true)
    },
    { ...options, name: 'every-agent', variant: (fate) => `variant-${fate}`, budget: { usd: 1000, daily: { usd: 1000 } } },
  )
  for (const fate of ['works', 'recovers', 'works'] as const) await agent(fate)
  await agent('fails').catch(() => {})
  const prompt = experiment({ name: 'prompt', variants: { control: 0.5, candidate: 0.5 }, key: () => 'user-1' })
  await instrumentAgent(async () => 'done', { ...options, name: 'compared-agent', variant: prompt })()
  const cancelled = new AbortController()
  cancelled.abort(new Error('stop'))
  await instrumentAgent(async (_signal: AbortSignal) => 'never', { ...options, name: 'cancelled-agent' })(cancelled.signal).catch(
    () => {},
  )
  for (const side of ['client', 'server'] as const) recordMcpOperation({ side, tool: 'search', seconds: 0.1, connection: {} })
  startLongAgo('stuck-agent')
  await useUnavailableProvider()
  stopListening()
}
