import { instrumentAgent } from '@swarmwatch/sdk'

export const dynamic = 'force-dynamic'

let calls = 0
const greet = instrumentAgent(
  async function* (name: string) {
    calls += 1
    if (calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
    yield 'Hello, '
    yield name
  },
  { name: 'greeter', recovery: { baseDelaySeconds: 0.05 } },
)

export function GET(): Response {
  const words = greet('Ada')
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      for await (const word of words) controller.enqueue(new TextEncoder().encode(word))
      controller.close()
    },
  })
  return new Response(stream)
}
