import { writeFile } from 'node:fs/promises'

import { measureBridge } from './bridge/measure-bridge.ts'
import { bridgeTables } from './bridge/report-bridge.ts'
import { measureHeapGrowth } from './heap-growth.ts'
import { measureImportTime } from './import-time.ts'
import { describeMachine } from './machine.ts'
import { benchmarksPage, tablesOf, type Results } from './report.ts'
import { measureStatusPage } from './status-page.ts'
import { registerCountingTelemetry } from './telemetry.ts'
import { measureWrappedCall } from './wrapped-call.ts'

const isShort = process.env['BENCH_SHORT'] === '1'
const size = isShort
  ? { rounds: 15, callsPerRound: 4_000, processes: 5, heapCalls: 100_000, pageRounds: 1, pageSeconds: 2 }
  : { rounds: 100, callsPerRound: 10_000, processes: 31, heapCalls: 1_000_000, pageRounds: 5, pageSeconds: 5 }
const bridgeSize = isShort
  ? { rounds: 1, milliseconds: 200, pacedSeconds: 1, deliveries: 3_000, starts: 1, settleMs: 500 }
  : { rounds: 5, milliseconds: 2_000, pacedSeconds: 10, deliveries: 100_000, starts: 3, settleMs: 10_000 }

const telemetry = registerCountingTelemetry()
const results: Results = {
  isShort,
  machine: await describeMachine(),
  wrappedCall: await measureWrappedCall(telemetry, { ...size, collectsFirst: false }),
  afterCollection: await measureWrappedCall(telemetry, { rounds: size.rounds, callsPerRound: 2_000, collectsFirst: true }),
  importTime: await measureImportTime(size.processes),
  statusPage: await measureStatusPage(size.pageRounds, size.pageSeconds),
  bridge: await measureBridge(bridgeSize),
  heapGrowth: await measureHeapGrowth(telemetry, size.heapCalls),
}
console.log([...Object.values(tablesOf(results)), ...Object.values(bridgeTables(results.bridge))].join('\n\n'))
if (isShort) console.log('\nshort run: docs/benchmarks.md and bench/results.json stay as they were')
else {
  await writeFile(new URL('../../docs/benchmarks.md', import.meta.url), benchmarksPage(results))
  await writeFile(new URL('../results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`)
  console.log('\nwrote docs/benchmarks.md and bench/results.json')
}
