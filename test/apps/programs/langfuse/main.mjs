import { LangfuseSpanProcessor } from '@langfuse/otel'
import { startObservation } from '@langfuse/tracing'
import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'

const processor = new LangfuseSpanProcessor({ publicKey: 'pk', secretKey: 'sk', baseUrl: process.env.LANGFUSE_URL })
const telemetry = await startTelemetry({ serviceName: 'langfuse', spanProcessors: [processor] })

let calls = 0
const greet = instrumentAgent(
  async (name) => {
    calls += 1
    const generation = startObservation('model call', { model: 'gpt-4o-mini' }, { asType: 'generation' })
    generation.end()
    if (calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
    return `Hello, ${name}`
  },
  { name: 'greeter', recovery: { baseDelaySeconds: 0.05 } },
)
console.log(await greet('Ada'))
await telemetry.shutdown()
