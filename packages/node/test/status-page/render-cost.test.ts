import { expect, test } from 'vitest'

import { filledSources, readPageValues } from '../../src/status-page/page-values.ts'
import { renderPage } from '../../src/status-page/page.ts'
import { failedRun, noon, sampleHealth, sampleMetrics } from './sample-swarm.ts'

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
