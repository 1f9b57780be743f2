import { channel } from 'node:diagnostics_channel'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { instrumentAgent, instrumentTool, recoveryOf, type InstrumentAgentOptions } from '../src/index.ts'
import { outcomeOf } from './run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { name: 'writer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const
const limited = Object.assign(new Error('slow down'), { statusCode: 429 })
const errorPart = { type: 'error', error: limited }
const start = { type: 'start' }
const step = { type: 'start-step' }
const text = { type: 'text-delta', text: 'hello' }
const finish = { type: 'finish' }

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}
async function* parts(...all: unknown[]): AsyncGenerator {
  yield* all
}

/** Like the result of the AI SDK's `streamText`: each access to a stream is a new branch, and only two of them show errors. */
class TextResult {
  readonly text = 'next to the streams'
  #base: ReadableStream<unknown>
  constructor(...all: unknown[]) {
    this.#base = ReadableStream.from(parts(...all))
  }
  get fullStream(): ReadableStream<unknown> {
    const [branch, rest] = this.#base.tee()
    this.#base = rest
    return branch
  }
  get stream(): ReadableStream<unknown> {
    return this.fullStream
  }
  get textStream(): ReadableStream<unknown> {
    const onlyText = new TransformStream({
      transform(part: typeof text, controller) {
        if (part.type === 'text-delta') controller.enqueue(part.text)
      },
    })
    return this.fullStream.pipeThrough(onlyText)
  }
  async consumeStream(): Promise<void> {}
}

/** The ways in which an agent can bring a stream of these chunks; each reads it to its end and returns the chunks. */
const ways: Record<string, (next: () => unknown[]) => () => Promise<unknown[]>> = {
  'an async generator function': (next) => {
    const agent = instrumentAgent(async function* () {
      yield* parts(...next())
    }, quick)
    return () => readAll(agent())
  },
  'a function that returns an async generator': (next) => {
    const agent = instrumentAgent(() => parts(...next()), quick)
    return () => readAll(agent())
  },
  'a generator that is not async': (next) => {
    const agent = instrumentAgent(function* () {
      yield* next()
    }, quick)
    return () => readAll(agent())
  },
  'a promise of a ReadableStream': (next) => {
    const agent = instrumentAgent(async () => ReadableStream.from(parts(...next())), quick)
    return async () => readAll(await agent())
  },
  'streamOf with a new branch at each call': (next) => {
    const options: InstrumentAgentOptions<[], TextResult> = { ...quick, streamOf: (result) => result.stream }
    const agent = instrumentAgent(async () => new TextResult(...next()), options)
    return async () => readAll((await agent()).stream)
  },
  'streamOf with the iterable that is read': (next) => {
    const options: InstrumentAgentOptions<[], { stream: AsyncGenerator }> = { ...quick, streamOf: (result) => result.stream }
    const agent = instrumentAgent(async () => ({ stream: parts(...next()) }), options)
    return async () => readAll((await agent()).stream)
  },
  'streamOf with the ReadableStream that is read': (next) => {
    const options: InstrumentAgentOptions<[], { stream: ReadableStream }> = { ...quick, streamOf: (result) => result.stream }
    const agent = instrumentAgent(async () => ({ stream: ReadableStream.from(parts(...next())) }), options)
    return async () => readAll((await agent()).stream)
  },
}

describe.for(Object.entries(ways))('an error part of %s', ([, way]) => {
  test('before any content is retried, and in the last attempt it fails the run and reaches the reader once, in order', async () => {
    let calls = 0
    const read = way(() => {
      calls += 1
      return [start, step, errorPart, finish]
    })
    expect(await read()).toEqual([start, step, errorPart, finish])
    expect(calls).toBe(3)
    await expect.poll(() => outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429 429 429')
    expect(recoveryOf(limited)?.attempts).toBe(3)
  })

  test('before any content that does not come again lets the run recover, and nothing of the failed attempt reaches the reader', async () => {
    const attempts = [[errorPart], [start, step, text, finish]]
    expect(await way(() => attempts.shift()!)()).toEqual([start, step, text, finish])
    await expect.poll(() => outcomeOf(telemetry)).toBe('success recovered (unset), attempts: 429 unset')
  })

  test('in the middle or at the end fails the run without another attempt', async () => {
    let calls = 0
    const read = way(() => {
      calls += 1
      return [start, text, errorPart, finish]
    })
    expect(await read()).toEqual([start, text, errorPart, finish])
    expect(calls).toBe(1)
    await expect.poll(() => outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429')
  })
})

test('an error part fails the run also when its reader stops there', async () => {
  const agent = instrumentAgent(() => parts(text, errorPart, finish), quick)
  for await (const part of agent()) if (part === errorPart) break
  expect(await outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429')
})

test('an error part that cannot succeed on retry is not retried', async () => {
  let calls = 0
  const agent = instrumentAgent(() => {
    calls += 1
    return parts({ type: 'error', error: Object.assign(new Error('no'), { status: 401 }) })
  }, quick)
  await readAll(agent())
  expect(calls).toBe(1)
  expect(await outcomeOf(telemetry)).toBe('failure not_retryable (401), attempts: 401')
})

test('a stream of textStream is judged by all parts of the result', async () => {
  let calls = 0
  const options: InstrumentAgentOptions<[], TextResult> = { ...quick, streamOf: (result) => result.textStream }
  const agent = instrumentAgent(async () => {
    calls += 1
    return new TextResult(start, errorPart, finish)
  }, options)
  expect(await readAll((await agent()).textStream)).toEqual([])
  expect(calls).toBe(3)
  expect(await outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429 429 429')
})

const reported: Record<string, [chunk: unknown, errorType: string]> = {
  'AI SDK': [{ type: 'error', error: limited }, '429'],
  'UI messages of the AI SDK': [{ type: 'error', errorText: 'An error occurred.' }, '_OTHER'],
  'responses of OpenAI': [
    { type: 'error', code: 'server_error', message: 'oh', param: null, sequence_number: 3 },
    'server_error',
  ],
  'a failed response of OpenAI': [{ type: 'response.failed', response: { error: { code: 'server_error' } } }, 'server_error'],
  'Anthropic on the wire': [{ type: 'error', error: { type: 'overloaded_error', status: 529 } }, '529'],
  Mastra: [{ type: 'error', payload: { error: limited } }, '429'],
  'AG-UI': [{ type: 'RUN_ERROR', message: 'oh', code: 'broken' }, 'broken'],
  Codex: [{ type: 'turn.failed', error: { message: 'oh', code: 'broken' } }, 'broken'],
}
test.for(Object.entries(reported))('an error is recognized in the parts of %s', async ([, [chunk, errorType]]) => {
  const agent = instrumentAgent(() => parts(text, chunk), quick)
  expect(await readAll(agent())).toEqual([text, chunk])
  expect(await outcomeOf(telemetry)).toBe(`failure exhausted (${errorType}), attempts: ${errorType}`)
})

const turn = { type: 'result', subtype: 'success', is_error: false, result: 'done' }
const stopped = { ...turn, subtype: 'error_max_turns', is_error: true, errors: ['Reached maximum number of turns (2)'] }
const crashed = { ...stopped, subtype: 'error_during_execution', errors: ['oh'] }
/** Result messages of the Claude Agent SDK that are failures. */
const failedTurns: Record<string, [chunk: unknown, errorType: string, attempts: number]> = {
  'too many turns': [stopped, 'error_max_turns', 1],
  'too many turns, as older versions report it': [{ ...stopped, is_error: false }, 'error_max_turns', 1],
  'too expensive': [{ ...stopped, subtype: 'error_max_budget_usd' }, 'error_max_budget_usd', 1],
  'no output that fits its schema': [
    { ...stopped, subtype: 'error_max_structured_output_retries' },
    'error_max_structured_output_retries',
    1,
  ],
  'an error in the middle': [crashed, 'error_during_execution', 3],
  'a configuration that cannot be read': [
    { ...crashed, startup_failure_reason: 'config_file_invalid' },
    'config_file_invalid',
    1,
  ],
  'a rate limit of the API': [{ ...turn, is_error: true, api_error_status: 429, result: 'API Error: slow down' }, '429', 3],
  'a wrong key': [{ ...turn, is_error: true, api_error_status: 401, result: 'Invalid API key' }, '401', 1],
  'a prompt that is too long': [{ ...turn, is_error: true, terminal_reason: 'prompt_too_long' }, 'prompt_too_long', 1],
  'an error without a word': [{ ...turn, is_error: true }, 'ResultError', 3],
}
const init = { type: 'system', subtype: 'init' }
const answer = { type: 'assistant', message: { content: [{ type: 'text', text: 'I look' }] } }
const failedAnswer = { type: 'assistant', message: { content: [] }, error: 'rate_limit' }

describe.for(Object.entries(failedTurns))(
  'a result message of the Claude Agent SDK about %s',
  ([, [chunk, errorType, attempts]]) => {
    test('fails the run, which is retried if no content was sent and a retry can help', async () => {
      let calls = 0
      const agent = instrumentAgent(() => {
        calls += 1
        return parts(init, failedAnswer, chunk)
      }, quick)
      expect(await readAll(agent())).toEqual([init, failedAnswer, chunk])
      const outcome = attempts === 1 ? 'not_retryable' : 'exhausted'
      const each = Array(attempts).fill(errorType).join(' ')
      expect([calls, await outcomeOf(telemetry)]).toEqual([attempts, `failure ${outcome} (${errorType}), attempts: ${each}`])
    })

    test('fails the run with its word also when the generator throws an error without it afterwards', async () => {
      const exited = new Error('Claude Code returned an error result: oh')
      async function* query(): AsyncGenerator {
        yield* [init, answer, chunk]
        throw exited
      }
      await expect(readAll(instrumentAgent(() => query(), quick)())).rejects.toBe(exited)
      expect(await outcomeOf(telemetry)).toMatch(`(${errorType}), attempts: ${errorType}`)
      expect(recoveryOf(exited)?.attempts).toBe(1)
    })
  },
)

const sessions: Record<string, [chunks: unknown[], ending: string]> = {
  'ends as its last turn ends': [[init, answer, crashed, answer, turn], 'success first_try (unset), attempts: unset'],
  'is cancelled when its last turn was interrupted': [
    [init, answer, { ...crashed, terminal_reason: 'aborted_streaming' }],
    'cancelled aborted (unset), attempts: unset',
  ],
  'succeeds when it goes on after an interruption': [
    [init, answer, { ...crashed, terminal_reason: 'aborted_tools' }, answer, turn],
    'success first_try (unset), attempts: unset',
  ],
}
test.for(Object.entries(sessions))('a session of the Claude Agent SDK %s', async ([, [chunks, ending]]) => {
  expect(await readAll(instrumentAgent(() => parts(...chunks), quick)())).toEqual(chunks)
  expect(await outcomeOf(telemetry)).toBe(ending)
})

const harmless: Record<string, unknown> = {
  'an event of that type without an error': { type: 'error', line: 12 },
  'a tool error that the model receives': { type: 'tool-error', error: limited },
  'text about errors': 'error',
  'an object whose getters throw': Object.defineProperty({}, 'type', {
    get() {
      throw new Error('hands off')
    },
  }),
  'no type': { error: limited },
  'a result that is no message of an SDK': { type: 'result', subtype: 'error_max_turns', value: 1 },
}
test.for(Object.entries(harmless))('%s in a stream is no failure', async ([, chunk]) => {
  const agent = instrumentAgent(() => parts(chunk, text), quick)
  expect(await readAll(agent())).toEqual([chunk, text])
  expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
})

/** LangChain's first chunk of a message. */
const empty = { content: '', tool_call_chunks: [], additional_kwargs: {}, getType: () => 'ai' }
const preambles: Record<string, unknown[]> = {
  'AI SDK': [start, step, { type: 'text-start', id: '1' }],
  'OpenAI responses': [{ type: 'response.created' }, { type: 'response.in_progress' }, { type: 'response.output_item.added' }],
  'OpenAI chat completions': [
    {
      object: 'chat.completion.chunk',
      choices: [{ delta: { role: 'assistant', content: '', refusal: null }, finish_reason: null }],
    },
  ],
  'OpenAI Agents': [
    { type: 'agent_updated_stream_event' },
    { type: 'raw_model_stream_event', data: { type: 'response_started' } },
    { type: 'raw_model_stream_event', data: { type: 'model', event: { type: 'response.created' } } },
  ],
  'events of LangChain': [
    { event: 'on_chain_start', run_id: '1' },
    { event: 'on_chain_end', name: '__start__' },
    { event: 'on_chat_model_start', run_id: '2' },
    { event: 'on_chat_model_stream', data: { chunk: empty } },
  ],
  'messages of LangGraph': [[empty, { langgraph_step: 1 }]],
  'messages of LangChain': [empty],
  Anthropic: [{ type: 'message_start' }, { type: 'ping' }, { type: 'content_block_start' }],
  'Claude Agent SDK': [
    { type: 'system', subtype: 'init' },
    { type: 'system', subtype: 'api_retry' },
    { type: 'stream_event', event: { type: 'message_start' } },
  ],
}
test.for(Object.entries(preambles))('a stream of %s that throws before its first content is retried', async ([, preamble]) => {
  let calls = 0
  async function* stream(): AsyncGenerator {
    calls += 1
    yield* preamble
    if (calls === 1) throw limited
    yield text
  }
  expect(await readAll(instrumentAgent(() => stream(), quick)())).toEqual([...preamble, text])
  expect(await outcomeOf(telemetry)).toBe('success recovered (unset), attempts: 429 unset')
})

const contents: Record<string, object> = {
  'a text': { content: 'a' },
  'a part of a tool call': { tool_call_chunks: [{ name: 'look' }] },
  'the reasoning of a model': { additional_kwargs: { reasoning_content: 'a' } },
  'tokens that throw when they are listed': {
    usage_metadata: new Proxy({}, { ownKeys: () => [].concat(null as never, 1 as never) }),
  },
}
test.for(Object.entries(contents))('a message of LangChain with %s is content', async ([, content]) => {
  async function* stream(): AsyncGenerator {
    yield { ...empty, ...content }
    throw limited
  }
  await expect(readAll(instrumentAgent(() => stream(), quick)())).rejects.toBe(limited)
  expect(await outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429')
})

test('a stream is not held back for more than a hundred chunks that look like a preamble', async () => {
  let drawn = 0
  async function* pings(): AsyncGenerator {
    for (;;) {
      drawn += 1
      yield { type: 'ping' }
    }
  }
  const stream = instrumentAgent(() => pings(), quick)()
  await stream.next()
  expect(drawn).toBe(100)
  await stream.return(undefined)
})

test('a stream that reports an abort is cancelled', async () => {
  const agent = instrumentAgent(() => parts(start, text, { type: 'abort' }), quick)
  await readAll(agent())
  expect(await outcomeOf(telemetry)).toBe('cancelled aborted (unset), attempts: unset')
})

test('a tool whose stream reports an error has failed', async () => {
  const tool = instrumentTool(() => parts(text, errorPart), { name: 'search' })
  expect(await readAll(tool())).toEqual([text, errorPart])
  expect(telemetry.spans()[0]?.attributes).toMatchObject({ 'error.type': '429' })
})

describe('a failed model call that the AI SDK keeps from who reads its text', () => {
  /** The events that the AI SDK publishes for a model call; loaded or not. */
  const publish = (message: object): void => {
    channel(`tracing:ai:telemetry:${'error' in message ? 'error' : 'asyncEnd'}`).publish({
      type: 'languageModelCall',
      ...message,
    })
  }
  const answers: Record<string, unknown> = {
    'no text': '',
    nothing: undefined,
    null: null,
    'an empty list': [],
    'an object that holds nothing': { text: '', toolCalls: [], usage: undefined },
  }

  test.for(Object.entries(answers))('fails an attempt that returned %s', async ([, answer]) => {
    let calls = 0
    const agent = instrumentAgent(async () => {
      calls += 1
      publish({ error: limited })
      return answer
    }, quick)
    expect(await agent()).toEqual(answer)
    expect(calls).toBe(3)
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429 429 429')
  })

  test('hides the cause in its text for a browser, but type and retries are those of the failed call', async () => {
    const agent = instrumentAgent(async function* () {
      publish({ error: Object.assign(new Error('wrong key'), { statusCode: 401 }) })
      yield* [start, { type: 'error', errorText: 'An error occurred.' }]
    }, quick)
    expect(await readAll(agent())).toHaveLength(2)
    expect(await outcomeOf(telemetry)).toBe('failure not_retryable (401), attempts: 401')
  })

  test('fails an attempt whose own stream ended without a chunk', async () => {
    const agent = instrumentAgent(async function* () {
      publish({ error: limited })
      yield* []
    }, quick)
    expect(await readAll(agent())).toEqual([])
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429 429 429')
  })

  test('fails a stream that ended there after the text of an earlier step', async () => {
    const agent = instrumentAgent(async function* () {
      publish({})
      yield 'first step'
      publish({ error: limited })
    }, quick)
    expect(await readAll(agent())).toEqual(['first step'])
    expect(await outcomeOf(telemetry)).toBe('failure exhausted (429), attempts: 429')
  })

  test('is no failure of an agent that has another answer, or whose next call of a model succeeded', async () => {
    const fallback = instrumentAgent(async () => {
      publish({ error: limited })
      return 'try again later'
    }, quick)
    expect(await fallback()).toBe('try again later')
    expect(await outcomeOf(telemetry)).toBe('success first_try (unset), attempts: unset')
    const again = instrumentAgent(
      async () => {
        publish({ error: limited })
        publish({})
        return ''
      },
      { ...quick, name: 'second' },
    )
    expect(await again()).toBe('')
    expect((await telemetry.points('agent.executions')).filter(({ value }) => value === 1)).toHaveLength(2)
    expect(await telemetry.points('agent.failures')).toEqual([])
  })
})
