import { askSetup, startSetup } from '../calls/setups.ts'
import type { Part } from '../part.ts'
import { asciiTable, reasonLines } from '../table.ts'

/** Whether the heap grows with the number of calls. */
export const heap: Part<HeapResult> = {
  name: 'heap',
  hasPeers: true,
  measure({ isShort, noPeers }) {
    return isShort ? measureHeap(100_000, { noPeers, only: ['swarmwatch', 'by hand'] }) : measureHeap(1_000_000, { noPeers })
  },
  section({ calls, rows }) {
    const cells = rows.flatMap(({ variant, bytesAtTenth, bytesAtEnd, bytesPerCall }) =>
      bytesAtTenth !== undefined && bytesAtEnd !== undefined && bytesPerCall !== undefined
        ? [[variant, (bytesAtTenth / 1e6).toFixed(2), (bytesAtEnd / 1e6).toFixed(2), bytesPerCall.toFixed(3)]]
        : [],
    )
    const missing = reasonLines(rows.map(({ variant, reason }) => ({ name: variant, reason })))
    return `## Heap

\`\`\`
${asciiTable(['heap', `MB after ${calls / 10}`, `MB after ${calls}`, 'bytes a call'], cells)}
\`\`\`

${missing}Heap in use after a full collection, after a tenth of the calls and after all, in a new process each. Our monitor keeps the last 1,000 runs, however
many there were. The goal is a flat line: well below one byte a call.
`
  },
}

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
async function measureHeap(
  calls: number,
  { noPeers, only }: { noPeers?: string | undefined; only?: readonly string[] } = {},
): Promise<HeapResult> {
  const rows: HeapRow[] = []
  for (const [setup, variant] of everybody) {
    const isOurs = variant === 'by hand' || variant === 'swarmwatch'
    if (only && !only.includes(variant)) continue
    rows.push(noPeers !== undefined && !isOurs ? { variant, reason: noPeers } : await growth(setup, variant, calls, noPeers))
  }
  return { calls, rows }
}

async function growth(setupName: string, variant: string, calls: number, noPeers: string | undefined): Promise<HeapRow> {
  const setup = startSetup(setupName, noPeers)
  try {
    const bytesAtTenth = await askSetup<number>(setup, { heapOf: variant, calls: calls / 10 })
    const bytesAtEnd = await askSetup<number>(setup, { heapOf: variant, calls: calls - calls / 10 })
    return { variant, bytesAtTenth, bytesAtEnd, bytesPerCall: (bytesAtEnd - bytesAtTenth) / (calls - calls / 10) }
  } catch (error) {
    return { variant, reason: String(error) }
  } finally {
    await setup.end()
  }
}
