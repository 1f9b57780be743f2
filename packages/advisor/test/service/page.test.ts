import { existsSync } from 'node:fs'

import axe from 'axe-core'
import { chromium } from 'playwright-core'
import { describe, expect, test } from 'vitest'

import { markdownReport } from '../../src/report/markdown-report.ts'
import type { Report } from '../../src/report/report.ts'
import { textReport } from '../../src/report/text-report.ts'
import { noAnalysis } from '../../src/service/advisor-state.ts'
import { renderPage } from '../../src/service/render-page.ts'

const executablePath = '/usr/bin/chromium'
const whyNoBrowser =
  existsSync(executablePath) || process.env['REQUIRE_STACK'] === '1' ? undefined : `${executablePath} is not installed`
if (whyNoBrowser !== undefined) console.log(`skipped the looks of the page: ${whyNoBrowser}`)

const hostile = '<img src=x onerror="document.title=1"> | [a](javascript:b) `c`'
const interval = { low: 1, middle: 2.5, high: 1234 }
const report: Report = {
  at: '2026-11-02T00:00:00.000Z',
  history: { hours: 1_344, gapHours: 2, agents: 2 },
  notices: [`A notice about ${hostile}.`],
  forecasts: [
    {
      agentName: hostile,
      signal: 'executions',
      model: 'week profile',
      relativeError: 0.8,
      baselineModel: 'last week',
      next24Hours: interval,
      next7Days: interval,
      peakHour: undefined,
      change: undefined,
    },
  ],
  capacity: {
    resources: [
      { resource: `quota:${hostile}`, available: 10, needed: interval, headroomRatio: -1, evidence: 'Evidence of 1 number.' },
    ],
    autoscaling: { minWorkers: 1, maxWorkers: 4, targetActivePerWorker: 3 },
  },
  month: { month: '2026-11', spentUsd: 1, expectedUsd: interval, next30DaysUsd: interval, budgetUsd: undefined },
  advice: [{ advice: 'failed_work', agentName: hostile, usdPerMonth: 12, evidence: `5 runs of ${hostile}.`, fix: 'Fix it.' }],
  costParts: [{ agentName: hostile, total: 6, useful: 1, retried: 2, failed: 1, uselessRetries: 1, cancelled: 1 }],
}
const analysed = { ...noAnalysis, analysis: { report, forecasts: [] }, madeAtMs: 0, problem: 'Prometheus does not answer.' }

describe.skipIf(whyNoBrowser !== undefined)('in a browser, the page', () => {
  test.for([
    ['desktop', { width: 1280, height: 900 }],
    ['phone', { width: 360, height: 740 }],
  ] as const)('is accessible in light and dark, fits its screen and runs no text of an agent: %s', async ([, viewport]) => {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
    try {
      const tab = await browser.newPage({ viewport })
      for (const state of [analysed, noAnalysis]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await tab.emulateMedia({ colorScheme })
          await tab.setContent(renderPage(state))
          await tab.evaluate(axe.source)
          const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
          const violations: unknown = await tab.evaluate(
            `axe.run(document, { resultTypes: ['violations'], runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))`,
          )
          expect([colorScheme, violations]).toEqual([colorScheme, []])
          expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width)
          expect(await tab.title()).toBe('Swarmwatch advice')
          expect(await tab.evaluate('document.images.length + document.links.length')).toBe(0)
        }
      }
    } finally {
      await browser.close()
    }
  })
})

test('the Markdown has no markup from names of agents, and the table of a terminal is ASCII', () => {
  const markdown = markdownReport(report)
  expect(markdown).not.toMatch(/(?<!\\)<img|(?<!\\)\[a\]|(?<!\\)`c/)
  // A bar in a name begins no column: all rows of a table have as many as its head
  const tables = markdown.split('\n\n').filter((part) => part.startsWith('| '))
  expect(tables).toHaveLength(6)
  for (const table of tables) {
    const columns = table.split('\n').map((row) => row.split(/(?<!\\)\|/).length)
    expect(new Set(columns).size, table).toBe(1)
  }
  const text = textReport({ ...report, costParts: [{ ...report.costParts[0]!, agentName: 'Zürich ✓' }] })
  expect(text).toMatch(/^[\n -~]*$/)
})
