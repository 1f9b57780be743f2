// Run as a process of its own, which the test kills: `paying-program.ts <store> <execution id> <effects> <uncertain> <steps>`. It
// continues the execution and makes one payment in each step. Effects are lines of a file: written at once, they survive SIGKILL
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

import { currentTool, instrumentAgent, instrumentTool, postgresOnceStore, sqliteOnceStore } from '../../../src/index.ts'

const [location = '', executionId = '', effects = '', uncertain = '', steps = ''] = process.argv.slice(2)
const store = location.startsWith('postgres:') ? postgresOnceStore(location) : sqliteOnceStore(location)

const pay = instrumentTool(
  async (step: number) => {
    const { idempotencyKey } = currentTool()!
    await setImmediate()
    appendFileSync(effects, `${idempotencyKey} ${step}\n`)
    await setImmediate()
    return `paid ${step}`
  },
  {
    name: 'pay',
    once: {
      store,
      onUncertain: async (key, run) => {
        // Killed before the first payment, there is no file yet
        const found = (existsSync(effects) ? readFileSync(effects, 'utf8') : '')
          .split('\n')
          .find((line) => line.startsWith(`${key} `))
        appendFileSync(uncertain, `${key} ${found === undefined ? 'missing' : 'found'}\n`)
        return found === undefined ? run() : `paid ${found.split(' ')[1]}`
      },
    },
  },
)

async function work(): Promise<number> {
  let paid = 0
  for (let step = 0; step < Number(steps); step += 1) if ((await pay(step)) === `paid ${step}`) paid += 1
  return paid
}

const payer = instrumentAgent(work, { name: 'payer', continuation: () => ({ executionId, attempt: 1, isFinal: false }) })
console.log('ready')
console.log(`finished ${String(await payer())}`)
await store.close()
