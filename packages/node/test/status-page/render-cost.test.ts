import { expect, test } from 'vitest'
import { renderPage } from '../../src/status-page/render/fragments.ts'
import { History } from '../../src/status-page/values/history.ts'
import { readPageValues } from '../../src/status-page/values/page-values.ts'
import { filledSources } from '../../src/status-page/values/status-sources.ts'
import { failedRun, noon, sampleAgent, sampleHealth, sampleMetrics } from './sample-swarm.ts'

test('a swarm with 100 agents, 1,000 finished and 10,000 running executions is rendered in well under 50 ms', () => {
  const agents = Array.from({ length: 100 }, (_, index) => sampleAgent(`agent-${index}`))
  const recent = Array.from({ length: 1000 }, (_, index) => failedRun({ id: `r${index}` }))
  const running = Array.from({ length: 10_000 }, (_, index) =>
    failedRun({ id: `a${index}`, state: 'waiting', nextAttemptAt: noon + index }),
  )
  const sources = filledSources({
    health: sampleHealth,
    metrics: () => sampleMetrics({ agents, recent }),
    active: () => running,
    now: () => noon,
  })
  const history = new History(5000)
  for (let index = 0; index < 180; index += 1) history.add(sampleHealth(), noon + index * 5000)
  const tookMs = Array.from({ length: 40 }, () => {
    const startedAt = performance.now()
    renderPage(readPageValues(sources, history.samples()))
    return performance.now() - startedAt
  }).toSorted((one, other) => one - other)
  console.log(`rendered in ${tookMs[20]!.toFixed(1)} ms (median), ${tookMs[38]!.toFixed(1)} ms (p95)`)
  expect(tookMs[20]).toBeLessThan(25)
})

test('reads the details of the 50 newest executions only', () => {
  let read = 0
  const recent = Array.from({ length: 1000 }, (_, index) =>
    Object.defineProperty(failedRun({ id: `r${index}` }), 'agentName', { get: () => (read += 1) && 'watched' }),
  )
  const sources = filledSources({
    health: sampleHealth,
    metrics: () => sampleMetrics({ recent }),
    active: () => [],
    now: () => noon,
  })
  renderPage(readPageValues(sources, []))
  expect(read).toBe(50)
})
