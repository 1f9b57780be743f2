// The shop of the examples in docs/queues.md. An order behaves as the first word of its name; what happens is a line of the file EFFECTS,
// written at once, so that it survives SIGKILL
import { appendFileSync, readFileSync } from 'node:fs'

const effects = process.env['EFFECTS'] ?? ''

export async function chargeCard(order: string): Promise<string> {
  appendFileSync(effects, `charge ${order}\n`)
  return `receipt of ${order}`
}

export async function confirmOrder(order: string, signal: AbortSignal | undefined): Promise<string> {
  appendFileSync(effects, `confirm ${order}\n`)
  const calls = readFileSync(effects, 'utf8')
    .split('\n')
    .filter((line) => line === `confirm ${order}`).length
  switch (order.split('-')[0]) {
    case 'busy':
      if (calls < 3) throw Object.assign(new Error('slow down'), { status: 429 })
      break
    case 'down':
      throw Object.assign(new Error('out of order'), { status: 503 })
    case 'wrong':
      throw Object.assign(new Error('no such order'), { status: 400 })
    case 'hang':
      if (calls === 1) return hang(signal)
      break
    case 'lost':
      return hang(signal)
  }
  return `confirmed ${order}`
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  const timer = setInterval(() => {}, 60_000)
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      clearInterval(timer)
      reject(signal.reason as Error)
    })
  })
}
