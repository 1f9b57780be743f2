// Real failures of real libraries, against servers on 127.0.0.1. Plain JavaScript: the libraries are not there when types are checked

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { REST } from '@discordjs/rest'
import { GoogleGenAI } from '@google/genai'
import grpc from '@grpc/grpc-js'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from '@openai/agents'
import { generateText, streamText } from 'ai'
import axios from 'axios'
import got from 'got'
import knex from 'knex'
import ky from 'ky'
import OpenAI from 'openai'
import { Agent as Dispatcher, interceptors, request } from 'undici'
import { z } from 'zod'

const openAiError = (code, type = 'invalid_request_error') => ({ error: { message: 'no', type, param: null, code } })
const anthropicError = (type) => ({ type: 'error', error: { type, message: 'no' } })
const googleError = (code, status, details = []) => ({ error: { code, message: 'no', status, details } })
const aws = (name) => ({ 'x-amzn-errortype': name })
const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '20s' }
const invalidKey = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }
const toolCall = { id: 'call-1', type: 'function', function: { name: 'look', arguments: '{}' } }
const dates = { date: 'Tue, 24 Nov 2020 10:00:00 GMT', 'retry-after': 'Tue, 24 Nov 2020 10:00:20 GMT' }

/** Status, body and headers of an answer, by a word in its path. A path with none of these words is never answered. */
const answers = {
  'openai-key': [401, openAiError('invalid_api_key')],
  'openai-payment': [402, openAiError(null)],
  'openai-model': [404, openAiError('model_not_found')],
  'openai-quota': [429, openAiError('insufficient_quota', 'insufficient_quota'), { 'x-should-retry': 'true' }],
  'openai-context': [400, openAiError('context_length_exceeded')],
  'openai-filter': [400, openAiError('content_filter')],
  'openai-rate': [429, openAiError('rate_limit_exceeded', 'requests'), { 'retry-after-ms': '20000', 'retry-after': '1' }],
  'openai-broken': [500, openAiError(null, 'server_error'), { 'x-should-retry': 'false' }],
  'openai-down': [503, openAiError(null, 'server_error')],
  'openai-tool': [
    200,
    { choices: [{ index: 0, finish_reason: 'tool_calls', message: { role: 'assistant', tool_calls: [toolCall] } }] },
  ],
  'anthropic-key': [401, anthropicError('authentication_error')],
  'anthropic-large': [413, anthropicError('request_too_large')],
  'anthropic-overloaded': [529, anthropicError('overloaded_error'), { 'retry-after': '7' }],
  'anthropic-stream': [
    200,
    `event: error\ndata: ${JSON.stringify(anthropicError('overloaded_error'))}\n\n`,
    { 'content-type': 'text/event-stream' },
  ],
  'google-key': [400, googleError(400, 'INVALID_ARGUMENT', [invalidKey])],
  'google-argument': [400, googleError(400, 'INVALID_ARGUMENT')],
  'google-denied': [403, googleError(403, 'PERMISSION_DENIED')],
  'google-rate': [429, googleError(429, 'RESOURCE_EXHAUSTED', [retryInfo])],
  'google-down': [503, googleError(503, 'UNAVAILABLE')],
  'aws-validation': [400, { message: 'no' }, aws('ValidationException')],
  'aws-denied': [403, { message: 'no' }, aws('AccessDeniedException')],
  'aws-quota': [400, { message: 'no' }, aws('ServiceQuotaExceededException')],
  'aws-throttled': [400, { message: 'no' }, aws('ThrottlingException')],
  'aws-model': [424, { message: 'no' }, aws('ModelErrorException')],
  'discord-rate': [429, { message: 'no', retry_after: 15, global: false }, { 'retry-after': '15', via: '1.1 google' }],
  'discord-denied': [403, { message: 'no', code: 50_001 }],
  'plain-key': [401, 'no'],
  'plain-down': [503, 'no', dates],
  'no-json': [200, '<html>no</html>'],
}

/** Notifies each waiting request that one has arrived, so that an abort happens while it is in progress. */
const arrivals = new Set()

function answer({ url, socket, stream }, response) {
  for (const arrived of arrivals) arrived()
  if (url.includes('/reset')) return void (stream?.session ?? socket).destroy()
  const name = Object.keys(answers).find((each) => url.split(/[/?]/).includes(each))
  if (name === undefined) return
  const [status, body, headers] = answers[name]
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A signal that aborts when the request is in progress. */
function abortedOnArrival() {
  const controller = new AbortController()
  const arrived = () => {
    arrivals.delete(arrived)
    controller.abort()
  }
  arrivals.add(arrived)
  return controller.signal
}

async function listening(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

/** A port where nothing listens any more. */
async function closedPort() {
  const server = createTcpServer()
  const port = await listening(server)
  server.close()
  await once(server, 'close')
  return port
}

/** Speaks as much of PostgreSQL's protocol as an error needs: at login, or to the first query. */
function postgres(code, when) {
  const message = (type, body) => {
    const head = Buffer.alloc(5)
    head.write(type)
    head.writeInt32BE(4 + body.length, 1)
    return Buffer.concat([head, body])
  }
  const failed = message('E', Buffer.from(`SERROR\0VERROR\0C${code}\0Mno\0Rroutine\0\0`))
  const ready = message('Z', Buffer.from('I'))
  const loggedIn = Buffer.concat([message('R', Buffer.alloc(4)), ready])
  return createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      if (when === 'login') return socket.end(failed)
      socket.write(loggedIn)
      socket.on('data', (data) => {
        // X: the client leaves
        if (data[0] !== 0x58) socket.write(Buffer.concat([failed, ready]))
      })
    })
  })
}

/** Accepts connections and never answers. */
function silent(sockets) {
  return createTcpServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
}

const pass = (value) => value
const path = (name) => `/test.Test/${name}`
const method = (name) => ({
  path: path(name),
  requestStream: false,
  responseStream: false,
  requestSerialize: pass,
  requestDeserialize: pass,
  responseSerialize: pass,
  responseDeserialize: pass,
})

/** A gRPC server whose method N fails with status N; `hang` never answers. */
async function grpcServer() {
  const server = new grpc.Server()
  const codes = [3, 5, 7, 8, 9, 14, 16]
  server.addService(Object.fromEntries([...codes, 'hang'].map((name) => [`m${name}`, method(`m${name}`)])), {
    ...Object.fromEntries(codes.map((code) => [`m${code}`, (_call, done) => done({ code, details: 'no' })])),
    mhang: () => {
      for (const arrived of arrivals) arrived()
    },
  })
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { port, close: () => server.forceShutdown() }
}

/**
 * Opens the servers. `failures` has, by library and what happens, what an agent would do; each rejects with what the library throws.
 */
export async function openFailures() {
  const servers = [createHttpServer(answer), createHttp2Server(answer)]
  const [port, http2Port] = await Promise.all(servers.map(listening))
  const silentSockets = []
  const databases = { login: postgres('28P01', 'login'), row: postgres('23505', 'query'), silent: silent(silentSockets) }
  const [loginPort, rowPort, silentPort] = await Promise.all(Object.values(databases).map(listening))
  const rpc = await grpcServer()
  const refused = await closedPort()
  const url = `http://127.0.0.1:${port}`
  setTracingDisabled(true)

  const question = { model: 'm', messages: [{ role: 'user', content: 'q' }] }
  const openaiClient = (name, options) => new OpenAI({ apiKey: 'k', baseURL: `${url}/${name}`, maxRetries: 0, ...options })
  const openai = (name, call, options) => openaiClient(name, options).chat.completions.create(question, call)
  const anthropic = (name, call) =>
    new Anthropic({ apiKey: 'k', baseURL: `${url}/${name}`, maxRetries: 0 }).messages.create({ ...question, max_tokens: 9 }, call)
  const gemini = (name, config, httpOptions) =>
    new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: `${url}/${name}`, ...httpOptions } }).models.generateContent({
      model: 'm',
      contents: 'q',
      config,
    })
  const model = (name) => createOpenAICompatible({ name: 'p', baseURL: `${url}/${name}`, apiKey: 'k' })('m')
  const generate = (name, options) => generateText({ model: model(name), prompt: 'q', maxRetries: 0, ...options })
  const stream = (name) => streamText({ model: model(name), prompt: 'q', maxRetries: 0, onError() {} })
  const readText = async (name) => {
    let text = ''
    for await (const chunk of stream(name).textStream) text += chunk
    return text
  }
  const langchain = (name, call) =>
    new ChatOpenAI({ model: 'm', apiKey: 'k', maxRetries: 0, configuration: { baseURL: `${url}/${name}` } }).invoke('q', call)
  const bedrock = (name, call, options) =>
    new BedrockRuntimeClient({
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${http2Port}/${name}`,
      maxAttempts: 1,
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      ...options,
    }).send(new ConverseCommand({ modelId: 'm', messages: [{ role: 'user', content: [{ text: 'q' }] }] }), call)
  const unary = (name, options = {}, at = rpc.port) =>
    new Promise((resolve, reject) => {
      const client = new grpc.Client(`127.0.0.1:${at}`, grpc.credentials.createInsecure())
      const call = client.makeUnaryRequest(path(name), pass, pass, Buffer.from(''), options, (error, value) => {
        client.close()
        if (error) reject(error)
        else resolve(value)
      })
      options.signal?.addEventListener('abort', () => call.cancel())
    })
  const database = async (at, options) => {
    const connection = { host: '127.0.0.1', port: at }
    const db = knex({ client: 'pg', connection, log: { warn() {} }, pool: { min: 0, max: 1 }, ...options })
    try {
      return await db.raw('select 1')
    } finally {
      // Not awaited: it waits for a connection that is still being made
      db.destroy().catch(() => {})
    }
  }
  const discord = (name) =>
    new REST({ api: `${url}/${name}`, retries: 0, rejectOnRateLimit: () => true }).setToken('t').get('/gateway')
  const look = tool({ name: 'look', description: 'd', parameters: z.object({}), execute: () => 'nothing' })

  const failures = {
    'openai: wrong key': () => openai('openai-key'),
    'openai: payment required': () => openai('openai-payment'),
    'openai: no such model': () => openai('openai-model'),
    'openai: quota used up': () => openai('openai-quota'),
    'openai: prompt too long': () => openai('openai-context'),
    'openai: content filter': () => openai('openai-filter'),
    'openai: rate limit, retry-after-ms': () => openai('openai-rate'),
    'openai: x-should-retry false': () => openai('openai-broken'),
    'openai: server down': () => openai('openai-down'),
    'openai: connection reset': () => openai('reset'),
    'openai: aborted by the agent': () => openai('hang', { signal: abortedOnArrival() }),
    'openai: AbortSignal.timeout': () => openai('hang', { signal: AbortSignal.timeout(50) }),
    'openai: timeout option': () => openai('hang', { timeout: 50 }),
    '@anthropic-ai/sdk: wrong key': () => anthropic('anthropic-key'),
    '@anthropic-ai/sdk: request too large': () => anthropic('anthropic-large'),
    '@anthropic-ai/sdk: overloaded': () => anthropic('anthropic-overloaded'),
    '@anthropic-ai/sdk: overloaded in a stream': async () => {
      const client = new Anthropic({ apiKey: 'k', baseURL: `${url}/anthropic-stream`, maxRetries: 0 })
      for await (const _ of await client.messages.create({ ...question, max_tokens: 9, stream: true }));
    },
    '@anthropic-ai/sdk: aborted by the agent': () => anthropic('hang', { signal: abortedOnArrival() }),
    '@anthropic-ai/sdk: timeout option': () => anthropic('hang', { timeout: 50 }),
    '@google/genai: wrong key': () => gemini('google-key'),
    '@google/genai: invalid argument': () => gemini('google-argument'),
    '@google/genai: permission denied': () => gemini('google-denied'),
    '@google/genai: rate limit with RetryInfo': () => gemini('google-rate'),
    '@google/genai: server down': () => gemini('google-down'),
    '@google/genai: aborted by the agent': () => gemini('hang', { abortSignal: abortedOnArrival() }),
    '@google/genai: httpOptions.timeout': () => gemini('hang', {}, { timeout: 50 }),
    'ai: wrong key': () => generate('openai-key'),
    'ai: quota used up': () => generate('openai-quota'),
    'ai: prompt too long': () => generate('openai-context'),
    'ai: rate limit, retry-after-ms': () => generate('openai-rate'),
    'ai: x-should-retry false': () => generate('openai-broken'),
    'ai: server down, after its own retry': () => generate('openai-down', { maxRetries: 1 }),
    'ai: an answer that is no JSON': () => generate('no-json'),
    'ai: connection reset': () => generate('reset'),
    'ai: aborted by the agent': () => generate('hang', { abortSignal: abortedOnArrival() }),
    'ai: AbortSignal.timeout': () => generate('hang', { abortSignal: AbortSignal.timeout(50) }),
    'ai: streamText().text, wrong key': () => stream('openai-key').text,
    'ai: streamText().text, quota used up': () => stream('openai-quota').text,
    'ai: streamText().text, rate limit': () => stream('openai-rate').text,
    'ai: textStream read by the agent, wrong key': () => readText('openai-key'),
    'ai: textStream read by the agent, server down': () => readText('openai-down'),
    '@openai/agents: wrong key': () =>
      run(new Agent({ name: 'a', model: new OpenAIChatCompletionsModel(openaiClient('openai-key'), 'm') }), 'q'),
    '@openai/agents: too many turns': () =>
      run(new Agent({ name: 'a', model: new OpenAIChatCompletionsModel(openaiClient('openai-tool'), 'm'), tools: [look] }), 'q', {
        maxTurns: 2,
      }),
    '@langchain/openai: wrong key': () => langchain('openai-key'),
    '@langchain/openai: quota used up': () => langchain('openai-quota'),
    '@langchain/openai: rate limit, retry-after-ms': () => langchain('openai-rate'),
    '@langchain/openai: aborted by the agent': () => langchain('hang', { signal: abortedOnArrival() }),
    '@langchain/openai: timeout option': () => langchain('hang', { timeout: 50 }),
    '@aws-sdk/client-bedrock-runtime: invalid request': () => bedrock('aws-validation'),
    '@aws-sdk/client-bedrock-runtime: access denied': () => bedrock('aws-denied'),
    '@aws-sdk/client-bedrock-runtime: quota used up': () => bedrock('aws-quota'),
    '@aws-sdk/client-bedrock-runtime: throttled, with 400': () => bedrock('aws-throttled'),
    '@aws-sdk/client-bedrock-runtime: the model failed': () => bedrock('aws-model'),
    '@aws-sdk/client-bedrock-runtime: aborted by the agent': () => bedrock('hang', { abortSignal: abortedOnArrival() }),
    '@grpc/grpc-js: INVALID_ARGUMENT': () => unary('m3'),
    '@grpc/grpc-js: NOT_FOUND': () => unary('m5'),
    '@grpc/grpc-js: PERMISSION_DENIED': () => unary('m7'),
    '@grpc/grpc-js: RESOURCE_EXHAUSTED': () => unary('m8'),
    '@grpc/grpc-js: FAILED_PRECONDITION': () => unary('m9'),
    '@grpc/grpc-js: no such method': () => unary('none'),
    '@grpc/grpc-js: UNAVAILABLE': () => unary('m14'),
    '@grpc/grpc-js: UNAUTHENTICATED': () => unary('m16'),
    '@grpc/grpc-js: connection refused': () => unary('m3', {}, refused),
    '@grpc/grpc-js: aborted by the agent': () => unary('mhang', { signal: abortedOnArrival() }),
    '@grpc/grpc-js: deadline': () => unary('mhang', { deadline: Date.now() + 50 }),
    'axios: wrong key': () => axios.get(`${url}/plain-key`),
    'axios: quota used up': () => axios.get(`${url}/openai-quota`),
    'axios: server down, with a date': () => axios.get(`${url}/plain-down`),
    'axios: connection refused': () => axios.get(`http://127.0.0.1:${refused}/`),
    'axios: aborted by the agent': () => axios.get(`${url}/hang`, { signal: abortedOnArrival() }),
    'axios: AbortSignal.timeout': () => axios.get(`${url}/hang`, { signal: AbortSignal.timeout(50) }),
    'axios: timeout option': () => axios.get(`${url}/hang`, { timeout: 50 }),
    'undici: server down, with a date': () =>
      request(`${url}/plain-down`, { dispatcher: new Dispatcher().compose(interceptors.responseError()) }),
    'undici: aborted by the agent': () => request(`${url}/hang`, { signal: abortedOnArrival() }),
    'undici: headersTimeout': () => request(`${url}/hang`, { headersTimeout: 50 }),
    'fetch: connection refused': () => fetch(`http://127.0.0.1:${refused}/`),
    'fetch: connection reset': () => fetch(`${url}/reset`),
    'fetch: aborted by the agent': () => fetch(`${url}/hang`, { signal: abortedOnArrival() }),
    'fetch: AbortSignal.timeout': () => fetch(`${url}/hang`, { signal: AbortSignal.timeout(50) }),
    'node:timers/promises: AbortSignal.timeout': () => delay(600_000, undefined, { signal: AbortSignal.timeout(50) }),
    'got: server down, with a date': () => got(`${url}/plain-down`, { retry: { limit: 0 } }),
    'got: aborted by the agent': () => got(`${url}/hang`, { signal: abortedOnArrival(), retry: { limit: 0 } }),
    'got: timeout option': () => got(`${url}/hang`, { timeout: { request: 50 }, retry: { limit: 0 } }),
    'ky: wrong key': () => ky(`${url}/plain-key`, { retry: 0 }),
    'ky: server down, with a date': () => ky(`${url}/plain-down`, { retry: 0 }),
    'ky: timeout option': () => ky(`${url}/hang`, { timeout: 50, retry: 0 }),
    '@discordjs/rest: rate limit, in milliseconds': () => discord('discord-rate'),
    '@discordjs/rest: missing access': () => discord('discord-denied'),
    'knex with pg: wrong password': () => database(loginPort),
    'knex with pg: a row that is there already': () => database(rowPort),
    'knex with pg: connection refused': () => database(refused),
    'knex with pg: no connection in time': () => database(silentPort, { acquireConnectionTimeout: 50 }),
  }

  return {
    failures,
    close() {
      for (const server of [...servers, ...Object.values(databases)]) {
        server.closeAllConnections?.()
        server.close()
        server.unref()
      }
      for (const socket of silentSockets) socket.destroy()
      rpc.close()
    },
  }
}
