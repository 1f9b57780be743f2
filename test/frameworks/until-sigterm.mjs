// A service that has run an agent of @openai/agents, which listens to SIGTERM itself, and waits

import { instrumentAgent } from '@swarmwatch/sdk'

import { frameworks } from './frameworks.mjs'

const url = process.env.PROVIDER_URL
const solver = instrumentAgent(() => frameworks['openai agents'].plain({ url, openaiUrl: `${url}/v1` }), { name: 'solver' })
console.log(await solver())
console.log(`listeners ${process.listenerCount('SIGTERM')}`)
setInterval(() => {}, 1000)
