import { answerQuestions } from '../own-process.ts'
import { registerCountingTelemetry } from '../telemetry.ts'
import { swarmOf, ways, type SwarmSize, type Way } from './swarm.ts'

// A process of its own: swarms of one size, wrapped in every way, whose runs are timed

export interface GrowthQuestion {
  readonly way: Way
  readonly runs: number
}

export interface GrowthAnswer {
  readonly microsecondsPerRun: number
  readonly spansPerRun: number
}

/** Begun together: a timer that a retry sets, even for no time at all, is waited for once by all and not measured as work. */
const runsAtOnce = 200

const size = JSON.parse(process.argv[2]!) as SwarmSize
const telemetry = registerCountingTelemetry()
const swarms = new Map(ways.map((way) => [way, swarmOf(way, size)]))

answerQuestions<GrowthQuestion, GrowthAnswer>(async ({ way, runs }) => {
  const agents = swarms.get(way)!
  const spansBefore = telemetry.spans()
  let milliseconds = 0
  for (let done = 0; done < runs; done += runsAtOnce) {
    const started = performance.now()
    await Promise.all(Array.from({ length: runsAtOnce }, (_, run) => agents[run % agents.length]!({ attempts: 0 })))
    milliseconds += performance.now() - started
    await telemetry.flush()
  }
  return { microsecondsPerRun: (milliseconds * 1000) / runs, spansPerRun: (telemetry.spans() - spansBefore) / runs }
})
