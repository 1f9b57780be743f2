import { Worker } from 'node:worker_threads'

new Worker(new URL('early.mjs', import.meta.url))
