import { instrumentAgent, ProviderUnavailableError } from '@swarmwatch/sdk'
import { beginInference } from '@swarmwatch/sdk/instrumentation'
import { eventually } from '@swarmwatch/testkit'

/** Runs agents of both kinds whose provider fails, until its breaker is open, a run is rejected, and a fallback answers. */
export async function useUnavailableProvider(): Promise<void> {
  for (const kind of ['agent', 'workflow'] as const) {
    const agent = instrumentAgent(
      async () => {
        beginInference({ source: 'code', provider: 'openai', model: `dead-${kind}` }).end({
          status: 429,
          retryHeaders: { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0' },
        })
        throw Object.assign(new Error('rate limited'), { status: 429 })
      },
      {
        name: `dead-${kind}`,
        kind,
        logger: false,
        recovery: { maxRetries: 0, provider: { breaker: { calls: 2, openSeconds: 600 } } },
      },
    )
    await eventually('the breaker to open', async () => {
      const error = await agent().catch((thrown: unknown) => thrown)
      return error instanceof ProviderUnavailableError
    })
    await instrumentAgent(() => Promise.reject<string>(new Error('x')), {
      name: `dead-${kind}`,
      kind,
      logger: false,
      recovery: false,
      fallback: [{ name: 'other', fn: async () => 'answer' }],
    })()
  }
}
