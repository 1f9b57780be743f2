import { parentPort } from 'node:worker_threads'

import { greet } from './greeter.mjs'

parentPort.postMessage(await greet('Ada'))
