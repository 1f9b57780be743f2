import { expect, test } from 'vitest'

import { renderPage } from '../../src/status-page/render/fragments.ts'
import { readPageValues } from '../../src/status-page/values/page-values.ts'
import { filledSources } from '../../src/status-page/values/status-sources.ts'
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
