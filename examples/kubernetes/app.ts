import { serve } from '@hono/node-server'
import { instrumentAgent } from '@swarmwatch/sdk'
import { Hono } from 'hono'

// Your agent: any function. This one plays a provider that is busy in the first call.
let calls = 0
const agent = instrumentAgent(
  async (question: string) => {
    calls += 1
    if (calls === 1) throw Object.assign(new Error('rate limited'), { status: 429 })
    return `an answer to: ${question}`
  },
  { name: 'helper', recovery: { baseDelaySeconds: 0.1 } },
)

const app = new Hono()
app.get('/healthz', (context) => context.text('ok'))
app.get('/ask', async (context) => context.text(await agent(context.req.query('question') ?? '')))

const { HOST = '127.0.0.1', PORT = '3000' } = process.env
const server = serve({ fetch: app.fetch, hostname: HOST, port: Number(PORT) }, ({ port }) => {
  console.log(`ask me at http://127.0.0.1:${port}/ask?question=How+do+I+log+in`)
})
// Kubernetes ends a pod with SIGTERM
process.once('SIGTERM', () => server.close())
