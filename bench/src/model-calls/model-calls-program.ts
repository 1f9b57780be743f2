import { trace } from '@opentelemetry/api'
import { WireInstrumentation } from '@swarmwatch/instrumentation'

import { answerQuestions } from '../own-process.ts'
import { importPeer } from '../peers/import-peer.ts'
import { startSentry } from '../peers/peers.ts'
import { registerCountingTelemetry } from '../telemetry.ts'
import { type HandlerTimes, measureHandlers } from './handlers.ts'
import type { Kind, Library, ModelCallsQuestion } from './questions.ts'

// A process of its own: one library that reports the calls of the client `openai`

interface Client {
  readonly chat: { readonly completions: { create(body: object): Promise<unknown> } }
}
type ClientClass = new (options: object) => Client
interface OpenAiInstrumentation {
  manuallyInstrument(module: unknown): void
  setTracerProvider(provider: unknown): void
}

const [library, port] = [process.argv[2] as Library, process.argv[3]!]
const baseURL = `http://127.0.0.1:${port}/v1`
const telemetry = library === 'sentry' ? await startSentry() : registerCountingTelemetry()
const client = await clientFor(library)

const messages = Array.from({ length: 10 }, (_, at) => ({
  role: at % 2 === 0 ? 'user' : 'assistant',
  content: 'A sentence of the question. '.repeat(12),
}))
const send: Readonly<Record<Kind, () => Promise<unknown>>> = {
  json: () => client.chat.completions.create({ model: 'gpt-5', messages }),
  async stream() {
    const options = { model: 'gpt-5', messages, stream: true, stream_options: { include_usage: true } }
    for await (const _ of (await client.chat.completions.create(options)) as AsyncIterable<unknown>);
  },
  unrelated: async () => (await fetch(`http://127.0.0.1:${port}/items/1`, { method: 'POST', body: '{}' })).text(),
}

answerQuestions<ModelCallsQuestion | 'spans' | 'handlers', number | HandlerTimes>(async (question) => {
  if (question === 'handlers') return measureHandlers(() => telemetry.flush())
  if (question === 'spans') {
    await telemetry.flush()
    return telemetry.spans()
  }
  const { kind, calls } = question
  const before = process.cpuUsage()
  for (let call = 0; call < calls; call += 1) await send[kind]()
  const { user, system } = process.cpuUsage(before)
  await telemetry.flush()
  return (user + system) / calls
})

async function clientFor(name: Library): Promise<Client> {
  const openai = await importPeer<{ OpenAI: ClientClass }>('openai')
  const created = (): Client => new openai.OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 })
  switch (name) {
    case 'swarmwatch':
      new WireInstrumentation()
      return created()
    case 'openinference':
    case 'openllmetry': {
      const from =
        name === 'openinference' ? '@arizeai/openinference-instrumentation-openai' : '@traceloop/instrumentation-openai'
      const { OpenAIInstrumentation } = await importPeer<{ OpenAIInstrumentation: new () => OpenAiInstrumentation }>(from)
      const instrumentation = new OpenAIInstrumentation()
      instrumentation.setTracerProvider(trace.getTracerProvider())
      instrumentation.manuallyInstrument(openai.OpenAI)
      return created()
    }
    case 'sentry': {
      const { instrumentOpenAiClient } = await importPeer<{ instrumentOpenAiClient: (client: Client) => Client }>('@sentry/node')
      return instrumentOpenAiClient(created())
    }
    default:
      return created()
  }
}
