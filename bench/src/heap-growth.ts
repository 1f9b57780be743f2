import { instrumentAgent } from '@swarmwatch/sdk'

import type { CountingTelemetry } from './telemetry.ts'

export interface HeapGrowthResult {
  readonly calls: number
  /** Heap in use after a full collection, when a tenth of the calls was made and when all were. */
  readonly bytesAtTenth: number
  readonly bytesAtEnd: number
  readonly bytesPerCall: number
}

/** Makes `calls` wrapped calls, one after the other, and compares the heap after the first tenth with the heap at the end. */
export async function measureHeapGrowth(telemetry: CountingTelemetry, calls: number): Promise<HeapGrowthResult> {
  const agent = instrumentAgent(async (text: string) => text.length, { name: 'heap' })
  const callTimes = async (count: number): Promise<void> => {
    for (let call = 1; call <= count; call += 1) {
      await agent('a task')
      if (call % 1_000 === 0) await telemetry.flush()
    }
  }
  await callTimes(calls / 10)
  const bytesAtTenth = await heapInUse(telemetry)
  await callTimes(calls - calls / 10)
  const bytesAtEnd = await heapInUse(telemetry)
  return { calls, bytesAtTenth, bytesAtEnd, bytesPerCall: (bytesAtEnd - bytesAtTenth) / (calls - calls / 10) }
}

async function heapInUse(telemetry: CountingTelemetry): Promise<number> {
  if (!globalThis.gc) throw new Error('run node with --expose-gc')
  await telemetry.flush()
  // Twice, with a turn of the event loop between: what a finished promise held goes only then
  globalThis.gc()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
