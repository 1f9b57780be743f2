import { answer, failure, openModelProvider, type ModelProvider } from '@swarmwatch/testkit/providers'

/** A provider whose first request fails, and whose answers have every kind of usage, or none. */
export function openEveryModel(): Promise<ModelProvider> {
  return openModelProvider((request) => {
    if (request.number === 1) return failure(503)
    return answer(undefined, { isUsageOmitted: request.model === 'without-usage', bill: { cacheWriteInputTokens: 7 } })
  })
}

/** Calls models so that every metric about model calls has a value; the wire reads the requests. */
export async function callModels(provider: ModelProvider): Promise<void> {
  // A client that repeats a failed request
  await ask(provider, { model: 'm-1' })
  await ask(provider, { model: 'm-1' })
  await ask(provider, { model: 'm-1', stream: true, stream_options: { include_usage: true } })
  await ask(provider, { model: 'without-usage' })
  await askAnthropic(provider)
}

/** Sends a request as OpenAI's client does. */
async function ask({ openaiUrl }: ModelProvider, body: object): Promise<void> {
  await post(`${openaiUrl}/chat/completions`, {}, body)
}

/** The same as Anthropic's client, whose answers have tokens that were written to the cache. */
async function askAnthropic({ url }: ModelProvider): Promise<void> {
  await post(`${url}/v1/messages`, { 'anthropic-version': '2023-06-01' }, { model: 'm-3', max_tokens: 9 })
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
  })
  await response.text()
}
