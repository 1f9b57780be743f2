import { readFileSync } from 'node:fs'

import { instrumentAgent } from '@swarmwatch/sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installLibraries } from './install-packages.ts'

interface Failures {
  readonly failures: Readonly<Record<string, () => Promise<unknown>>>
  close(): void
}

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| (.+?) +\| (.+?) +\| (\S+) +\| (yes|no) +\| +(\d*) *\|$/gm)].map(([, ...cells]) => cells)
const whyNot = await installLibraries()

describe.skipIf(whyNot !== undefined)('a library of test/libraries', () => {
  let real: Failures
  let telemetry: TestTelemetry
  beforeAll(async () => {
    // Plain JavaScript, loaded only once it is installed
    const program = new URL('libraries/failures.mjs', import.meta.url).href
    real = await ((await import(program)) as { openFailures(): Promise<Failures> }).openFailures()
    telemetry = await startTestTelemetry()
  })
  afterAll(async () => {
    await telemetry?.shutdown()
    real?.close()
  })

  test('has a row for each failure, and each row a failure', () => {
    expect(rows.map(([library, what]) => `${library}: ${what}`)).toEqual(Object.keys(real.failures))
  })

  test.for(rows)('%s: %s is %s, retried: %s', async ([library, what, type, retried, seconds]) => {
    const recovery = { maxRetries: 1, baseDelaySeconds: 0 }
    const name = `${library}: ${what}`
    await instrumentAgent(real.failures[name]!, { name, logger: false, recovery })().catch(() => {})
    const [run] = telemetry.executions(name)
    const { errorType, attempts, waits } = run!
    expect([errorType, attempts === 2 ? 'yes' : 'no', Math.round(waits[0] ?? 0)]).toEqual([type, retried, Number(seconds)])
  })
})
