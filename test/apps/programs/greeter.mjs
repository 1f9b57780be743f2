import { instrumentAgent } from '@swarmwatch/sdk'

let calls = 0

/** Fails once, as a busy model does, and answers on the second attempt. */
export const greet = instrumentAgent(
  async (name) => {
    calls += 1
    if (calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
    return `Hello, ${name}`
  },
  { name: 'greeter', recovery: { baseDelaySeconds: 0.05 } },
)
