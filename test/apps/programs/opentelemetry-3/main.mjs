import { createServer } from 'node:http'

import { currentExecution, instrumentAgent } from '@swarmwatch/sdk'

// a model of its own, that is busy once and keeps the trace context it is called with
const traceparents = []
const model = createServer((request, response) => {
  traceparents.push(request.headersDistinct.traceparent)
  response.writeHead(traceparents.length === 1 ? 503 : 200).end('Hello, Ada')
})
await new Promise((listening) => model.listen(0, '127.0.0.1', listening))

const greet = instrumentAgent(
  async () => {
    const response = await fetch(`http://127.0.0.1:${model.address().port}/greet`, { signal: currentExecution().signal })
    if (!response.ok) throw Object.assign(new Error('busy'), { status: response.status })
    return response.text()
  },
  { name: 'greeter', recovery: { baseDelaySeconds: 0.05 } },
)
console.log(await greet())
console.log('traceparents', traceparents.map((values) => values?.length ?? 0).join(' '))
model.close()
await globalThis.stopTelemetry?.()
