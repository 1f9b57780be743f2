import type { Part } from '../part.ts'
import { asciiTable, middleHalf, reasonLines } from '../table.ts'
import { measureEventLoop, slowAnswerMs, type EventLoopResult } from './measure-event-loop.ts'

/** Whether the process notices what becomes of its telemetry. */
export const eventLoop: Part<EventLoopResult> = {
  name: 'event-loop',
  hasPeers: true,
  measure({ isShort, noPeers }) {
    return measureEventLoop({ callsPerSecond: 1_000, seconds: isShort ? 2 : 8, rounds: isShort ? 1 : 3 }, noPeers)
  },
  section({ callsPerSecond, seconds, rounds, rows }) {
    const cells = rows.flatMap(({ who, collector, p99LateMs, mostLateMs, callsPerSecond: made, shutdownMs }) =>
      p99LateMs && shutdownMs && mostLateMs !== undefined && made !== undefined
        ? [
            [
              who,
              collector,
              p99LateMs.median.toFixed(2),
              middleHalf(p99LateMs, 2),
              mostLateMs.toFixed(1),
              made.toFixed(0),
              who === 'bare' ? '-' : (shutdownMs.median / 1000).toFixed(2),
            ],
          ]
        : [],
    )
    const header = ['agent', 'collector', 'p99 late ms', 'middle half', 'most', 'calls/s', 'shutdown s']
    const missing = reasonLines(rows.map(({ who, collector, reason }) => ({ name: `${who}, collector ${collector}`, reason })))
    return `## Event loop

\`\`\`
${asciiTable(header, cells)}
\`\`\`

${missing}An agent that returns at once, ${callsPerSecond} calls a second, ${seconds} s at a time, ${rounds} times in turn, with metrics and traces going out by OTLP every second. "Late" is
what a timer of one millisecond took longer. The collector answers at once, answers after ${slowAnswerMs / 1000} s, or is not there. "By hand" is OpenTelemetry with
its OTLP exporters as its documentation says. The goals: a dead collector changes nothing for the agent, and \`shutdown()\` ends within 5 s.
`
  },
}
