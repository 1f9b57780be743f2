import { Queue, QueueEvents, Worker } from 'bullmq'
import { Redis } from 'ioredis'

import { greet } from './greeter.mjs'

const connection = new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null })
const events = new QueueEvents('greetings', { connection })
const queue = new Queue('greetings', { connection })
const worker = new Worker('greetings', (job) => greet(job.data.name), { connection })

await events.waitUntilReady()
const job = await queue.add('greet', { name: 'Ada' })
console.log(await job.waitUntilFinished(events))
await Promise.all([worker.close(), queue.close(), events.close()])
await connection.quit()
