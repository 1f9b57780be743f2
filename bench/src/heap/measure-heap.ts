import { askStand, startStand } from '../wrapped-call/start-stand.ts'

export interface HeapResult {
  readonly calls: number
  readonly rows: readonly HeapRow[]
}

export interface HeapRow {
  readonly variant: string
  /** Why it could not be measured; the rest is not there then. */
  readonly reason?: string
  /** Heap in use after a full collection, when a tenth of the calls was made and when all were. */
  readonly bytesAtTenth?: number
  readonly bytesAtEnd?: number
  readonly bytesPerCall?: number
}

const everybody = [
  ['sdk-3', 'by hand'],
  ['sdk-3', 'swarmwatch'],
  ['sdk-3', '@arizeai/openinference-core traceAgent'],
  ['sdk-3', '@langfuse/tracing observe'],
  ['sdk-3', 'logfire instrument'],
  ['sdk-3', 'openlit trace'],
  ['traceloop', '@traceloop/node-server-sdk withAgent'],
  ['sentry', '@sentry/node startSpan'],
] as const

/** Makes `calls` calls in a new process for each variant, and compares the heap after the first tenth with the heap at the end. */
export async function measureHeap(
  calls: number,
  { noPeers, only }: { noPeers?: string | undefined; only?: readonly string[] } = {},
): Promise<HeapResult> {
  const rows: HeapRow[] = []
  for (const [stand, variant] of everybody) {
    const isOurs = variant === 'by hand' || variant === 'swarmwatch'
    if (only && !only.includes(variant)) continue
    rows.push(noPeers !== undefined && !isOurs ? { variant, reason: noPeers } : await growth(stand, variant, calls, noPeers))
  }
  return { calls, rows }
}

async function growth(standName: string, variant: string, calls: number, noPeers: string | undefined): Promise<HeapRow> {
  const stand = startStand(standName, noPeers)
  try {
    const bytesAtTenth = await askStand<number>(stand, { heapOf: variant, calls: calls / 10 })
    const bytesAtEnd = await askStand<number>(stand, { heapOf: variant, calls: calls - calls / 10 })
    return { variant, bytesAtTenth, bytesAtEnd, bytesPerCall: (bytesAtEnd - bytesAtTenth) / (calls - calls / 10) }
  } catch (error) {
    return { variant, reason: String(error) }
  } finally {
    await stand.end()
  }
}
