import type { Part } from '../part.ts'
import { asciiTable, reasonLines } from '../table.ts'
import { measureHeap, type HeapResult } from './measure-heap.ts'

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
