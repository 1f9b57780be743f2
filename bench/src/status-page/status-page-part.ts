import type { Part } from '../part.ts'
import { asciiTable } from '../table.ts'
import { measureStatusPage, type StatusPageResult } from './measure-status-page.ts'

/** What readers of the status page cost the agents. */
export const statusPage: Part<StatusPageResult> = {
  name: 'status-page',
  measure({ isShort }) {
    return isShort ? measureStatusPage(1, 2) : measureStatusPage(5, 5)
  },
  section({ rows, seconds, requests, requestMilliseconds: { median, p95 } }) {
    const cells = rows.map(({ readers, callsPerSecond, microsecondsPerCall }) => [
      readers,
      callsPerSecond.toFixed(0),
      microsecondsPerCall.toFixed(2),
    ])
    return `## Status page

\`\`\`
${asciiTable(['readers of the page', 'executions/s', 'us an execution'], cells)}
\`\`\`

100 agents in one process, 10,000 executions a second between them, ${seconds} s at a time, in turn without and with readers. A request of the whole page
took ${median.toFixed(1)} ms (p95 ${p95.toFixed(1)} ms, ${requests} requests), sent by a process beside. The goal is a page in less than 50 ms, and agents that do not notice.
`
  },
}
