// Streams and results of real libraries, against a server on 127.0.0.1. Plain JavaScript: the libraries are not there when types are checked

import { once } from 'node:events'
import { createServer } from 'node:http'

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled } from '@openai/agents'
import { streamText } from 'ai'
import knex from 'knex'
import SqliteClient from 'knex/lib/dialects/sqlite3/index.js'
import OpenAI from 'openai'

const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
const chunks = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'hel' }), chunk({ content: 'lo' })]
const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  content: [],
  model: 'm',
  stop_reason: null,
  usage: { input_tokens: 1 },
}
const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
const begun = [
  event('message_start', { message }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hello' } }),
]
const sse = { 'content-type': 'text/event-stream' }

/** Status, headers and body of an answer, by the first part of the path. */
const answers = {
  429: [429, {}, '{"error":{"message":"slow down","type":"rate_limit_error"}}'],
  good: [200, sse, [...chunks, chunk({}, 'stop'), 'data: [DONE]\n\n'].join('')],
  broken: [200, sse, [...chunks, 'data: {"error":{"message":"overloaded","code":529}}\n\n'].join('')],
  json: [
    200,
    { 'content-type': 'application/json' },
    JSON.stringify({ id: '1', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }] }),
  ],
  'good-anthropic': [
    200,
    sse,
    [
      ...begun,
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } }),
      event('message_stop', {}),
    ].join(''),
  ],
  'broken-anthropic': [200, sse, [...begun, event('error', { error: { type: 'overloaded_error', message: 'no' } })].join('')],
}

const readAll = async (stream) => {
  const read = []
  for await (const each of stream) read.push(each)
  return read
}
/** All text in what was read, whichever library made it. */
const textOf = (read) => JSON.stringify(read).includes('hel')
const question = { model: 'm', messages: [{ role: 'user', content: 'q' }] }

/**
 * Opens the server. `ways` has, by library and what the caller does with a result: the function of the agent, its `streamOf`, and the
 * caller's use of what the agent returns, which brings true if the answer came.
 */
export async function openWays() {
  const requests = { count: 0 }
  const server = createServer((request, response) => {
    requests.count += 1
    request.resume()
    const [, name] = request.url.split('/')
    const [status, headers, body] = answers[request.url.includes('messages') && name !== '429' ? `${name}-anthropic` : name]
    response.writeHead(status, headers).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  setTracingDisabled(true)

  const url = (answer) => `http://127.0.0.1:${server.address().port}/${answer}`
  const openai = (answer) => new OpenAI({ baseURL: url(answer), apiKey: 'k', maxRetries: 0 })
  const completions = (answer) => openai(answer).chat.completions
  const anthropic = (answer) =>
    new Anthropic({ baseURL: url(answer), apiKey: 'k', maxRetries: 0 }).messages.stream({ ...question, max_tokens: 9 })
  const stream = (answer) => {
    const model = createOpenAICompatible({ name: 'p', baseURL: url(answer), apiKey: 'k' })('m')
    return streamText({ model, prompt: 'q', maxRetries: 0, onError() {} })
  }
  const agents = (answer) =>
    run(new Agent({ name: 'a', model: new OpenAIChatCompletionsModel(openai(answer), 'm') }), 'q', { stream: true })
  const itself = (result) => result

  const ways = {
    'ai: stream': [
      async (answer) => stream(answer),
      (result) => result.stream,
      async (result) => textOf(await readAll((await result).stream)),
    ],
    'ai: fullStream, of a function that is not async': [
      stream,
      (result) => result.fullStream,
      async (result) => textOf(await readAll(await (await result).fullStream)),
    ],
    'ai: textStream': [stream, (result) => result.textStream, async (result) => textOf(await readAll((await result).textStream))],
    'ai: textStream as the result': [
      async (answer) => stream(answer).textStream,
      undefined,
      async (result) => textOf(await readAll(await result)),
    ],
    'ai: toTextStreamResponse()': [
      async (answer) => stream(answer),
      (result) => result.stream,
      async (result) => textOf(await (await result).toTextStreamResponse().text()),
    ],
    'openai: create() and tee()': [
      (answer) => completions(answer).create({ ...question, stream: true }),
      itself,
      async (result) => (await Promise.all((await result).tee().map(readAll))).every(textOf),
    ],
    'openai: create() and toReadableStream()': [
      (answer) => completions(answer).create({ ...question, stream: true }),
      itself,
      async (result) => textOf(new TextDecoder().decode(Buffer.concat(await readAll((await result).toReadableStream())))),
    ],
    'openai: create() and for await': [
      async (answer) => completions(answer).create({ ...question, stream: true }),
      itself,
      async (result) => textOf(await readAll(await result)),
    ],
    'openai: stream() and finalContent()': [
      async (answer) => completions(answer).stream(question),
      itself,
      async (result) => textOf(await (await result).finalContent()),
    ],
    '@anthropic-ai/sdk: stream() and finalText()': [
      async (answer) => anthropic(answer),
      itself,
      async (result) => textOf(await (await result).finalText()),
    ],
    '@anthropic-ai/sdk: stream() and finalMessage()': [
      async (answer) => anthropic(answer),
      itself,
      async (result) => textOf((await (await result).finalMessage()).content),
    ],
    '@anthropic-ai/sdk: stream() and for await': [
      async (answer) => anthropic(answer),
      itself,
      async (result) => textOf(await readAll(await result)),
    ],
    '@openai/agents: toTextStream()': [agents, itself, async (result) => textOf(await readAll((await result).toTextStream()))],
    '@openai/agents: for await': [agents, itself, async (result) => textOf(await readAll(await result))],
    '@openai/agents: completed only': [
      agents,
      itself,
      async (result) => {
        const streamed = await result
        await streamed.completed
        return textOf(streamed.finalOutput)
      },
    ],
  }

  /** Ways of which the caller has the stream before the run knows whether it begins, so that there is no retry. */
  const atOnce = {
    'openai: withResponse() of a stream': [
      (answer) => completions(answer).create({ ...question, stream: true }),
      async (result) => textOf(await readAll((await result.withResponse()).data)),
    ],
    'openai: asResponse() of a stream': [
      (answer) => completions(answer).create({ ...question, stream: true }),
      async (result) => textOf(await (await result.asResponse()).text()),
    ],
  }
  /** Responses, which are recognised by their content type, or because their body is formatted from another stream. */
  const responses = {
    'ai: toTextStreamResponse()': [
      async (answer) => stream(answer).toTextStreamResponse(),
      async (result) => textOf(await (await result).text()),
    ],
    'ai: toUIMessageStreamResponse()': [
      async (answer) => stream(answer).toUIMessageStreamResponse(),
      async (result) => textOf(await readAll((await result).body.pipeThrough(new TextDecoderStream()))),
    ],
    'openai: toReadableStream() in a Response': [
      async (answer) => {
        const made = await completions(answer).create({ ...question, stream: true })
        return new Response(made.toReadableStream(), { headers: { 'content-type': 'application/x-ndjson' } })
      },
      async (result) => textOf(await (await result).clone().text()),
    ],
  }

  /** The same for promises that can do more than others. */
  const create = (answer) => completions(answer === 'good' ? 'json' : answer).create(question)
  const promises = {
    'openai: await create()': [create, async (result) => textOf(await result)],
    'openai: withResponse()': [create, async (result) => textOf((await result.withResponse()).data)],
    'openai: asResponse()': [create, async (result) => textOf(await (await result.asResponse()).json())],
  }

  const queries = []
  /** As much of a database as a query needs; it keeps each query and the result of `inside()` at that time. */
  const database = (inside) => {
    class Client extends (SqliteClient.default ?? SqliteClient) {
      _driver() {
        return {}
      }
      async acquireConnection() {
        return { __knexUid: '1' }
      }
      async releaseConnection() {}
      async _query(_, query) {
        queries.push(inside())
        return { ...query, response: [{ id: 1 }] }
      }
      processResponse(query) {
        return query.response
      }
    }
    return knex({ client: Client, useNullAsDefault: true })
  }

  return {
    ways,
    atOnce,
    responses,
    promises,
    requests,
    queries,
    database,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
