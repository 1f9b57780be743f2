/**
 * Writes the table of docs/model-calls.md from what runs record now; read the difference before you commit it.
 * `node --conditions=swarmwatch-source test/framework-runs/write-table.ts`
 */
import { AgentInstrumentation } from '@swarmwatch/instrumentation'
import { startTestTelemetry } from '@swarmwatch/testing'

import { frameworksToTest } from '../frameworks-to-test.ts'
import { kindsOf, playRun, situations } from './play-run.ts'
import { price, rowOf, writeRows } from './run-table.ts'

const rows: string[][] = []
const telemetry = await startTestTelemetry()
const agents = new AgentInstrumentation({ prices: { m: price }, warn: () => {} })
for (const [name, framework] of Object.entries(await frameworksToTest())) {
  for (const situation of situations)
    for (const kind of kindsOf(situation)) {
      await using played = await playRun(name, framework, kind, situation)
      const row = [name, kind, situation.name, ...rowOf(played)]
      rows.push(row)
      console.log(row.join(' | '))
    }
}
agents.disable()
await telemetry.shutdown()
await writeRows(rows)
