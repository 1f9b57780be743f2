import { describe, expect, test } from 'vitest'

import { modelRequest } from '../../src/sources/wire/model-request.ts'
import { observeWire, post, runAsAgent } from './observed-calls.ts'
import { startScriptedServer } from './scripted-server.ts'

const json = ['content-type', 'application/json']
const anthropic = [...json, 'Anthropic-Version', '2023-06-01', 'User-Agent', 'OpenAI/JS 6.1.0']

describe('a model request is recognised by its address', () => {
  test.each([
    ['https://api.openai.com', '/v1/chat/completions', 'openai', 'chat', undefined],
    ['https://api.openai.com', '/v1/responses', 'openai', 'chat', undefined],
    ['https://mine.openai.azure.com', '/openai/deployments/gpt%205/embeddings?v=1', 'azure.ai.openai', 'embeddings', 'gpt 5'],
    ['https://mine.services.ai.azure.com', '/models/chat/completions', 'azure.ai.inference', 'chat', undefined],
    ['https://mine.services.ai.azure.com', '/openai/v1/responses', 'azure.ai.openai', 'chat', undefined],
    ['https://api.anthropic.com', '/v1/messages', 'anthropic', 'chat', undefined],
    ['https://generativelanguage.googleapis.com', '/v1beta/models/g-1:generateContent', 'gcp.gemini', 'generate_content', 'g-1'],
    ['https://generativelanguage.googleapis.com', '/v1beta/models/e-1:batchEmbedContents', 'gcp.gemini', 'embeddings', 'e-1'],
    ['https://generativelanguage.googleapis.com', '/v1beta/openai/chat/completions', 'gcp.gemini', 'chat', undefined],
    [
      'https://europe-west1-aiplatform.googleapis.com',
      '/v1/projects/p/locations/l/publishers/anthropic/models/claude-9:streamRawPredict',
      'gcp.vertex_ai',
      'chat',
      'claude-9',
    ],
    ['https://api.groq.com', '/openai/v1/chat/completions', 'groq', 'chat', undefined],
    ['http://localhost:4000', '/responses', '_OTHER', 'chat', undefined],
    ['https://openrouter.ai', '/api/v1/chat/completions', 'openrouter', 'chat', undefined],
    ['https://api.x.ai', '/v1/chat/completions', 'x_ai', 'chat', undefined],
    ['https://gateway.ai.cloudflare.com', '/v1/account/gateway/anthropic/v1/messages', 'anthropic', 'chat', undefined],
    ['http://localhost:11434', '/v1/completions', '_OTHER', 'text_completion', undefined],
    ['https://notopenai.com', '/v1/chat/completions', '_OTHER', 'chat', undefined],
    ['http://proxy.internal:3128', 'http://api.openai.com/v1/chat/completions', 'openai', 'chat', undefined],
  ])('%s%s', (origin, path, provider, operation, model) => {
    const found = modelRequest({ method: 'POST', origin, path, headers: anthropic })
    expect(found).toMatchObject({ provider, operation, model })
  })
})

test.each([
  ['GET', '/v1/chat/completions', json],
  ['POST', '/v1/chat/completions/', json],
  ['POST', '/v1/messages', json],
  ['POST', '/v1/threads/t/messages', json],
  ['POST', '/forms/1/responses', json],
  ['POST', '/embeddings', ['content-type', 'multipart/form-data']],
  ['POST', '/v1/models/m:countTokens', json],
  ['POST', '/v1/projects/p/models/m:rawPredict', json],
  ['POST', '/v1/projects/p/publishers/anthropic/models/count-tokens:rawPredict', json],
  ['GET', '/v1/responses/resp_1/input_items', json],
  ['POST', '', json],
])('%s %s is no model request', (method, path, headers) => {
  expect(modelRequest({ method, origin: 'https://example.com', path, headers })).toBe(undefined)
})

test('the user names the provider of a gateway', () => {
  const request = { method: 'POST', origin: 'https://gateway.internal:8443', path: '/v1/chat/completions', headers: json }
  expect(modelRequest(request, { 'gateway.internal': 'openai' })).toMatchObject({ provider: 'openai', serverPort: 8443 })
  expect(modelRequest(request, { 'gateway.internal:8443': 'mistral_ai' })).toMatchObject({ provider: 'mistral_ai' })
})

test('a redirected request is one model call', async () => {
  const telemetry = await observeWire()
  const { url } = await startScriptedServer(({ path }) =>
    path === '/v1/chat/completions'
      ? { status: 307, headers: { location: '/moved/v1/chat/completions' }, pieces: [] }
      : { pieces: ['{"id":"moved-1","model":"m","usage":{"prompt_tokens":4,"completion_tokens":2}}'] },
  )
  const { execution, calls } = await runAsAgent(telemetry, () => post(`${url}/v1/chat/completions`, { model: 'm' }))
  expect(calls).toHaveLength(1)
  expect(execution.tokens).toMatchObject({ input: 4, output: 2 })
  expect(execution.attributes).toMatchObject({ 'swarmwatch.model.calls': 1, 'swarmwatch.http.tries': 1 })
})
