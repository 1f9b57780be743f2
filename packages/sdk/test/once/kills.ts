import { randomInt, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { startProgram } from '@swarmwatch/testkit'

import type { OnceStore } from '../../src/index.ts'

/** Processes that are killed: 100, which takes a minute, with all tests of the stack. ONCE_KILLS has another number. */
export const kills: number = Number(process.env['ONCE_KILLS'] ?? (process.env['REQUIRE_STACK'] === '1' ? 100 : 8))

const program = fileURLToPath(new URL('programs/paying-program.ts', import.meta.url))
const packageFolder = fileURLToPath(new URL('../..', import.meta.url))
const steps = 60

/** Result of killing processes of executions until `kills` of them were killed. */
export interface KilledExecutions {
  readonly kills: number
  readonly executions: number
  /** Payments that happened twice. */
  readonly duplicates: number
  /** Payments that never happened, although the execution ended. */
  readonly lost: number
  /** Calls that the store held as begun after a kill, and how many of them the next process reported. */
  readonly uncertain: number
  readonly reported: number
  /** Uncertain calls whose payment had happened: without the report they would be duplicates. */
  readonly found: number
}

/** Kills the paying program at random moments in the first `withinMs`, starts it again with the same execution id, and compares the payments when it ends. */
export async function killExecutions(
  kills: number,
  withinMs: number,
  folder: string,
  location: string,
  store: OnceStore,
  untilIdle: () => Promise<void> = async () => {},
): Promise<KilledExecutions> {
  const total = { kills: 0, executions: 0, duplicates: 0, lost: 0, uncertain: 0, reported: 0, found: 0 }
  while (total.kills < kills) {
    const executionId = randomUUID()
    const effects = join(folder, `${executionId}-effects`)
    const uncertain = join(folder, `${executionId}-uncertain`)
    const held = new Set<string>()
    for (let isFinished = false; !isFinished;) {
      const child = startProgram(
        process.execPath,
        ['--conditions=swarmwatch-source', program, location, executionId, effects, uncertain, String(steps)],
        { cwd: packageFolder, env: { ...process.env } },
      )
      await child.printed(/ready/)
      if (total.kills < kills) {
        await pause(randomInt(withinMs))
        child.kill('SIGKILL')
      }
      const { code, signal } = await child.ended
      isFinished = signal === null
      if (isFinished && (code !== 0 || !child.output().includes(`finished ${steps}`))) throw new Error(child.output())
      if (isFinished) continue
      total.kills += 1
      // A database may still be writing what the killed process has sent
      await untilIdle()
      for (const { state, key } of await store.load(executionId)) if (state === 'begun') held.add(key)
    }
    const payments = linesOf(effects).map((line) => line.split(' ')[1])
    const reports = linesOf(uncertain)
    total.executions += 1
    total.duplicates += payments.length - new Set(payments).size
    total.lost += steps - new Set(payments).size
    total.uncertain += held.size
    total.reported += new Set(reports.map((line) => line.split(' ')[0])).size
    total.found += reports.filter((line) => line.endsWith(' found')).length
  }
  return total
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}
