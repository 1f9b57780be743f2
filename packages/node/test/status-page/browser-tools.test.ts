import type { ExecutionRecord } from '@swarmwatch/sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { goLive, openedPage, seriousFaults } from './browser-page.ts'
import { launchBrowser, openTab, pictureFile, whyNoBrowser } from './chromium.ts'
import { sampleMetrics, sampleRun, troubledSwarm } from './sample-swarm.ts'

if (whyNoBrowser !== undefined) console.log(`skipped the tools of the status page: ${whyNoBrowser}`)

/** Agent and outcome of each execution that can be seen, newest first. */
const shownRuns = (tab: Page): Promise<string[]> =>
  tab.$$eval('ol.recent > li', (rows) =>
    rows
      .filter((row) => (row as unknown as { hidden: boolean }).hidden === false)
      .map((row) => `${row.querySelector('.agent bdi')!.textContent} ${row.querySelector('summary .word')!.textContent}`),
  )

describe.skipIf(whyNoBrowser !== undefined)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test('search and filters select executions, also those that come later, and report how many they show', async () => {
    const runs = [
      sampleRun({ id: 'r1', agentName: 'billing', outcome: 'success' }),
      sampleRun({ id: 'r2', agentName: 'billing', outcome: 'failure', errorType: '429', errorMessage: 'too many requests' }),
      sampleRun({ id: 'r3', agentName: 'search', outcome: 'failure', errorType: 'timeout', errorMessage: 'no answer' }),
    ]
    const page = await openedPage({ metrics: () => sampleMetrics({ recent: [...runs] }), active: () => [] })
    const { tab, complaints } = await openTab(browser)
    await goLive(tab, page)
    expect(await tab.$$eval('#tools [name=agent] option', (all) => all.map((each) => each.textContent))).toEqual([
      'all',
      'billing',
      'search',
    ])

    await tab.selectOption('#tools [name=agent]', 'billing')
    expect(await shownRuns(tab)).toEqual(['billing success', 'billing failure'])
    expect(await tab.textContent('#found')).toBe('2 of 3 executions')
    await tab.selectOption('#tools [name=outcome]', 'failure')
    expect(await shownRuns(tab)).toEqual(['billing failure'])
    await tab.selectOption('#tools [name=agent]', '')
    await tab.fill('#tools [name=search]', 'NO ANSWER')
    expect(await shownRuns(tab)).toEqual(['search failure'])

    runs.unshift(
      sampleRun({ id: 'r4', agentName: 'later', outcome: 'failure', errorType: 'timeout', errorMessage: 'no answer either' }),
    )
    runs.unshift(sampleRun({ id: 'r5', agentName: 'later', outcome: 'success' }))
    await expect.poll(() => shownRuns(tab)).toEqual(['later failure', 'search failure'])
    expect(await tab.textContent('#found')).toBe('2 of 5 executions')
    expect(await tab.$$eval('#tools [name=agent] option', (all) => all.map((each) => each.textContent))).toEqual([
      'all',
      'billing',
      'later',
      'search',
    ])
    await tab.fill('#tools [name=search]', '')
    await tab.selectOption('#tools [name=outcome]', '')
    expect(await shownRuns(tab)).toHaveLength(5)
    expect(await tab.textContent('#found')).toBe('')
    expect(complaints).toEqual([])
  })

  test('an execution that runs has no outcome: the filter by outcome hides it, and that by agent does not', async () => {
    const running = (id: string, agentName: string): ExecutionRecord =>
      sampleRun({ id, agentName, state: 'running', outcome: undefined, retryOutcome: undefined })
    const page = await openedPage({
      metrics: () => sampleMetrics({ recent: [sampleRun({ id: 'r1', agentName: 'billing', outcome: 'success' })] }),
      active: () => [running('a', 'billing'), running('b', 'search')],
    })
    const { tab } = await openTab(browser)
    await goLive(tab, page)
    const shownRunning = (): Promise<string[]> =>
      tab.$$eval('tr[id^="now-"]', (rows) =>
        rows.filter((row) => (row as unknown as { hidden: boolean }).hidden === false).map((row) => row.id),
      )
    await tab.selectOption('#tools [name=agent]', 'billing')
    expect(await shownRunning()).toEqual(['now-a'])
    await tab.selectOption('#tools [name=outcome]', 'success')
    expect([await shownRunning(), await shownRuns(tab), await tab.textContent('#found')]).toEqual([
      [],
      ['billing success'],
      '1 of 3 executions',
    ])
  })

  test('while it is paused the page stays as it is, and then shows the newest state', async () => {
    const runs = [sampleRun({ id: 'r1', agentName: 'billing', outcome: 'success' })]
    let rendered = 0
    const page = await openedPage({
      metrics: () => {
        rendered += 1
        return sampleMetrics({ recent: [...runs] })
      },
      active: () => [],
    })
    const { tab } = await openTab(browser)
    await goLive(tab, page)
    await tab.click('#pause')
    expect([await tab.textContent('#connection'), await tab.getAttribute('#pause', 'aria-pressed')]).toEqual(['paused', 'true'])
    const before = rendered
    runs.unshift(sampleRun({ id: 'r2', agentName: 'search', outcome: 'success' }))
    await expect.poll(() => rendered).toBeGreaterThan(before + 5)
    expect(await shownRuns(tab)).toEqual(['billing success'])
    await tab.click('#pause')
    await expect.poll(() => shownRuns(tab)).toEqual(['search success', 'billing success'])
    expect(await tab.textContent('#connection')).toBe('live')
  })

  test('an error is copied with its execution, and a trace opens at the address of the setting', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const runs = [
      sampleRun({
        id: 'run-7',
        agentName: 'billing',
        outcome: 'failure',
        errorType: '429',
        errorMessage: 'too many requests',
        traceId,
      }),
    ]
    const page = await openedPage({
      metrics: () => sampleMetrics({ recent: runs }),
      active: () => [],
      traceLink: 'https://traces.example.com/trace/{trace_id}?from="now"',
    })
    const { tab } = await openTab(browser)
    await tab.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await goLive(tab, page)
    await tab.click('#recent summary')
    await tab.click('#recent .copy')
    await expect.poll(() => tab.textContent('#recent .copy')).toBe('Copied')
    const copied = String(await tab.evaluate('navigator.clipboard.readText()'))
    expect(copied).toMatch(/^billing: 429 too many requests\n/)
    expect(copied).toContain('execution run-7')
    expect(copied).toContain(traceId)
    expect(await tab.getAttribute('#recent .note a', 'href')).toBe(`https://traces.example.com/trace/${traceId}?from="now"`)
  })

  test('times are in UTC or in the time zone of the browser, which is remembered', async () => {
    const endedAt = Date.UTC(2026, 6, 1, 22, 30, 15)
    const page = await openedPage({
      metrics: () => sampleMetrics({ recent: [sampleRun({ id: 'r1', startedAt: endedAt - 1000, endedAt })] }),
      active: () => [],
      now: () => endedAt + 60_000,
    })
    const { tab } = await openTab(browser, { timezoneId: 'Asia/Kolkata' })
    await goLive(tab, page)
    const ended = (): Promise<string | null> => tab.textContent('#recent .ended time')
    expect([await ended(), await tab.textContent('#clock time')]).toEqual(['22:30:15', '22:31:15 UTC'])
    await tab.selectOption('#tools [name=zone]', 'local')
    expect([await ended(), await tab.textContent('#clock time')]).toEqual(['04:00:15', '04:01:15 local'])
    expect(await tab.textContent('#zone-name')).toContain('the time zone of this browser')
    await tab.reload()
    await tab.waitForSelector('#connection.live')
    expect(await ended()).toBe('04:00:15')
  })

  test.each([
    ['desktop', { width: 1280, height: 900 }],
    ['phone', { width: 360, height: 740 }],
  ])('the tools are accessible in light and dark and fit the screen: %s', async (screen, viewport) => {
    const page = await openedPage({ ...troubledSwarm(), traceLink: 'https://traces.example.com/{trace_id}' })
    const { tab, complaints } = await openTab(browser, { viewport })
    await goLive(tab, page)
    await tab.selectOption('#tools [name=outcome]', 'failure')
    await tab.click('#pause')
    await tab.click('ol.recent > li:not([hidden]) summary')
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme })
      expect([colorScheme, await seriousFaults(tab)]).toEqual([colorScheme, []])
      await tab.screenshot({ path: pictureFile(`tools-${screen}-${colorScheme}`), fullPage: true })
    }
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width)
    expect(complaints).toEqual([])
  })

  test('without JavaScript the tools are not shown', async () => {
    const page = await openedPage()
    const { tab } = await openTab(browser, { javaScriptEnabled: false })
    await tab.goto(page.url)
    expect(await tab.isVisible('#tools')).toBe(false)
  })
})
