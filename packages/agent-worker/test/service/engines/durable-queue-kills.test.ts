import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { eventually, openPostgres, type Program, startProgram, whyNoPostgres } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect, test } from 'vitest'

import { kindOf } from '../programs/kind-of-task.ts'

const program = fileURLToPath(new URL('../programs/durable-worker.ts', import.meta.url))
const packageFolder = fileURLToPath(new URL('../../..', import.meta.url))

// 50 kills of 1,000 tasks with WORKER_KILLS=50, which takes two minutes
const kills = Number(process.env['WORKER_KILLS'] ?? 6)
const count = kills * 20
/** Only ends a test that hangs. */
const withinMs = 120_000 + kills * 10_000
const numbers = Array.from({ length: count }, (_, index) => index + 1)

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}

describe.skipIf(whyNoPostgres() !== undefined)('with a PostgreSQL server', () => {
  test(
    'workers that are killed at random moments lose no task, repeat no effect and count each execution once',
    async () => {
      await using server = await openPostgres()
      const folder = temporaryFolder()
      const effects = join(folder, 'effects')
      const counted = join(folder, 'counted')
      const start = async (tasks = 0): Promise<Program> => {
        const args = [server.url, effects, counted, String(tasks)]
        const worker = startProgram(process.execPath, ['--conditions=swarmwatch-source', program, ...args], {
          cwd: packageFolder,
          env: { ...process.env },
        })
        await worker.printed(/ready/)
        return worker
      }
      const killed = new Set<number>()
      const workers = [await start(count), await start(), await start()]
      for (let kill = 0; kill < kills; kill += 1) {
        await pause(50 + Math.random() * 200)
        const victim = workers.shift()!
        const [, pid] = /^ready (\d+)$/m.exec(victim.output()) ?? []
        killed.add(Number(pid))
        victim.kill('SIGKILL')
        await victim.ended
        workers.push(await start())
      }
      const open = "SELECT count(*) FROM swarmwatch_worker.job WHERE name = 'tasks' AND state <= 'active'"
      await eventually('all tasks to end', async () => (await server.query(open)) === '0', { withinMs, everyMs: 200 })
      for (const worker of workers) worker.kill('SIGTERM')
      expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual(workers.map(() => ({ code: 0, signal: null })))

      const states =
        "SELECT state || ' ' || count(*) FROM swarmwatch_worker.job WHERE name = 'tasks' GROUP BY state ORDER BY state"
      const paid = linesOf(effects)
      const ended = linesOf(counted).map((line) => {
        const [id = '', outcome, attempt, pid] = line.split(' ')
        return { id, outcome, attempt: Number(attempt), hasLived: !killed.has(Number(pid)) }
      })
      const idsOf = (lines: typeof ended): string[] => lines.map(({ id }) => id)
      // A worker that was killed between the end of a run and that of its task took its count with it, and another one counts
      const living = ended.filter(({ hasLived }) => hasLived)
      const recounted = ended.filter(({ id, hasLived }) => !hasLived && idsOf(living).includes(id)).length
      const retried = ended.filter(({ attempt }) => attempt > 1).length
      console.log(JSON.stringify({ kills, tasks: count, ended: ended.length, retried, recounted }))
      const wrong = numbers.filter((number) => kindOf(number) === 'wrong').length
      expect({
        states: await server.query(states),
        paid: new Set(paid).size,
        duplicates: paid.length - new Set(paid).size,
        counted: new Set(idsOf(ended)).size,
        countedTwice: living.length - new Set(idsOf(living)).size,
        failures: new Set(idsOf(ended.filter(({ outcome }) => outcome === 'failure'))).size,
      }).toEqual({
        states: `completed ${count - wrong}\nfailed ${wrong}`,
        paid: count,
        duplicates: 0,
        counted: count,
        countedTwice: 0,
        failures: wrong,
      })
    },
    2 * withinMs,
  )
})
