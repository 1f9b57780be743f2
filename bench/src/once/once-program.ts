import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { instrumentAgent, instrumentTool, memoryOnceStore, type OnceStore, sqliteOnceStore } from '@swarmwatch/sdk'

import { answerQuestions } from '../own-process.ts'

/** Tools that are compared: with `once` called for the first time, and `reused` by a second attempt. */
export type Kind = 'without once' | 'memory' | 'memory, reused' | 'SQLite' | 'SQLite, reused'

// Not in the folder for temporary files, which may be in memory
const folder = mkdtempSync(join(process.cwd(), '.once-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const stores: Readonly<Record<'memory' | 'SQLite', OnceStore>> = {
  memory: memoryOnceStore(),
  SQLite: sqliteOnceStore(join(folder, 'once.db')),
}

function makeTool(kind: Kind) {
  const store = kind.startsWith('memory') ? stores.memory : kind.startsWith('SQLite') ? stores.SQLite : undefined
  let calls = 0
  const pay = async (_payment: { readonly to: string; readonly amount: number }) => ++calls
  return instrumentTool(pay, { name: 'pay', ...(store && { once: { store } }) })
}

/** Returns the microseconds of a call, for each kind, in one run with this number of calls. */
answerQuestions<{ readonly kind: Kind; readonly calls: number }, number>(async ({ kind, calls }) => {
  const pay = makeTool(kind)
  const isReused = kind.endsWith('reused')
  let microseconds = 0
  let attempt = 0
  const agent = instrumentAgent(
    async () => {
      attempt += 1
      const startedMs = performance.now()
      for (let amount = 0; amount < calls; amount += 1) await pay({ to: 'a@example.com', amount })
      microseconds = ((performance.now() - startedMs) * 1000) / calls
      if (isReused && attempt === 1) throw Object.assign(new Error('busy'), { status: 503 })
    },
    { name: 'payer', logger: false, recovery: { baseDelaySeconds: 0 } },
  )
  await agent()
  return microseconds
})
