import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const worker = new Worker(new URL('worker.mjs', import.meta.url))
worker.on('message', (answer) => console.log(answer))
await once(worker, 'exit')
