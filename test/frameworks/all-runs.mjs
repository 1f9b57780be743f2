// Runs the agents of all frameworks once, and once where every request fails. Plain JavaScript: see frameworks.mjs
// `node --import @swarmwatch/node/register all-runs.mjs <address of a provider> <address of one that fails>`

import { instrumentAgent } from '@swarmwatch/sdk'

import { frameworks } from './frameworks.mjs'

const [, , ...addresses] = process.argv
for (const url of addresses) {
  const provider = { url, openaiUrl: `${url}/v1`, maxRetries: 0 }
  for (const [name, framework] of Object.entries(frameworks)) {
    const options = { name, recovery: { maxRetries: 1, baseDelaySeconds: 0 } }
    const agents = [
      instrumentAgent(() => framework.plain(provider), options),
      instrumentAgent(async () => framework.read(await framework.stream(provider)), options),
    ]
    for (const agent of agents) await agent().catch(() => {})
  }
}
