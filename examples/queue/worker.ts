import { configureOnce, errorType, instrumentAgent, instrumentTool, postgresOnceStore, recoveryOf } from '@swarmwatch/sdk'
import { type JobWithMetadata, PgBoss } from 'pg-boss'

interface Order {
  readonly order: string
}

const { DATABASE_URL = '' } = process.env

// The result of the charge is kept in the database: no later attempt, in any process, charges again
configureOnce({ store: postgresOnceStore(DATABASE_URL) })
const charge = instrumentTool(
  async (order: string) => {
    console.log(`charged ${order}`)
    return `receipt for ${order}`
  },
  { name: 'charge', once: true },
)

// The provider of this example is busy in the first attempt of each order
const seen = new Set<string>()
async function confirm(order: string): Promise<string> {
  if (seen.has(order)) return `confirmed ${order}`
  seen.add(order)
  throw Object.assign(new Error('rate limited'), { status: 429 })
}

const takeOrder = instrumentAgent(
  async (job: JobWithMetadata<Order>) => {
    await charge(job.data.order)
    return await confirm(job.data.order)
  },
  {
    name: 'order-taker',
    recovery: { baseDelaySeconds: 1 },
    signalFrom: (job) => job.signal,
    // The queue owns the retries: they survive this process
    continuation: (job) => ({
      executionId: `orders/${job.id}`,
      attempt: job.retryCount + 1,
      isFinal: ({ isRetryable }) => !isRetryable || job.retryCount >= job.retryLimit,
      firstStartedAt: job.createdOn,
    }),
  },
)

const boss = new PgBoss(DATABASE_URL)
boss.on('error', (error) => console.error(error.message))
await boss.start()
await boss.createQueue('lost-orders')
await boss.createQueue('orders', { retryLimit: 3, retryDelay: 5, deadLetter: 'lost-orders' })
await boss.work(
  'orders',
  { includeMetadata: true, perJobResults: true, pollingIntervalSeconds: 0.5 },
  async ([job]: JobWithMetadata<Order>[]) => {
    if (!job) return []
    try {
      return [{ id: job.id, status: 'completed', output: await takeOrder(job) }]
    } catch (error) {
      const output = { errorType: errorType(error), message: String(error) }
      const { isRetryable = true, waitSeconds } = recoveryOf(error) ?? {}
      if (!isRetryable) return [{ id: job.id, status: 'deadletter', output }]
      await boss.fail('orders', { id: job.id, retryCount: job.retryCount }, output)
      if (waitSeconds !== undefined) await boss.update('orders', undefined, { id: job.id, startAfter: waitSeconds })
      return [{ id: job.id, status: 'failed' }]
    }
  },
)

// In place of your web server: an order, and its result
const id = await boss.send('orders', { order: 'order 1' })
if (id === null) throw new Error('the queue did not accept the order')
for (;;) {
  const [job] = await boss.findJobs<Order>('orders', { id })
  if (job?.state === 'completed' || job?.state === 'failed') {
    console.log(job.state, job.output)
    break
  }
  await new Promise((waited) => setTimeout(waited, 200))
}
await boss.stop()
process.exit()
