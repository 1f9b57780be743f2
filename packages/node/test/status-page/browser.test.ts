import { getExecutionMetrics, getSystemHealth, instrumentAgent, type SystemHealth } from '@swarmwatch/sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { goLive, openedPage, seriousFaults } from './browser-page.ts'
import { launchBrowser, openTab, pictureFile, whyNoBrowser } from './chromium.ts'
import { failedRun, sampleMetrics, sampleRun } from './sample-swarm.ts'

if (whyNoBrowser !== undefined) console.log(`skipped the status page in a browser: ${whyNoBrowser}`)

/** The figures on the page that the health of the SDK contains. */
async function figuresOn(tab: Page): Promise<Record<string, number>> {
  const all = await tab.$$eval('[data-figure]', (nodes) =>
    nodes.map((node) => [node.getAttribute('data-figure')!, Number(node.getAttribute('value'))] as const),
  )
  const names = Object.keys(figuresOf(getSystemHealth()))
  return Object.fromEntries(all.filter(([name]) => names.includes(name)))
}

function figuresOf({ lost, ...health }: SystemHealth): Record<string, number> {
  return { ...health, 'lost.errorRate': lost.errorRate, 'lost.p95': lost.p95, 'lost.resources': lost.resources }
}

describe.skipIf(whyNoBrowser !== undefined)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test('the numbers equal getSystemHealth(), with and without JavaScript, and follow it live', async () => {
    const answers: SystemHealth[] = []
    const health = (): SystemHealth => {
      answers.push(getSystemHealth())
      return answers.at(-1)!
    }
    const agent = instrumentAgent(async (isGood: boolean) => (isGood ? 'done' : Promise.reject(new Error('broken'))), {
      name: 'flaky',
      recovery: false,
      logger: false,
    })
    await agent(true)
    const page = await openedPage({ health, metrics: getExecutionMetrics, now: () => Date.now(), sampleMs: 3_600_000 })
    const plain = await openTab(browser, { javaScriptEnabled: false })
    await plain.tab.goto(page.url)
    expect(await figuresOn(plain.tab)).toEqual(figuresOf(answers.at(-1)!))

    const { tab, complaints } = await openTab(browser)
    await goLive(tab, page)
    await agent(false).catch(() => {})
    await expect.poll(() => tab.textContent('[data-figure="executions"]')).toBe('2')
    const shown = await figuresOn(tab)
    expect(answers.map(figuresOf)).toContainEqual(shown)
    expect(shown).toMatchObject({ errorRate: 0.5, 'lost.errorRate': 60 })
    expect(await tab.title()).toBe(`${Math.floor(shown['score']!)} failing | Swarmwatch`)
    expect(await tab.textContent('#agents tbody')).toContain('flaky')
    expect(complaints).toEqual([])
  })

  test('everything is there without JavaScript', async () => {
    const page = await openedPage()
    const { tab } = await openTab(browser, { javaScriptEnabled: false })
    await tab.goto(page.url)
    expect(await tab.$$eval('h2', (nodes) => nodes.map((node) => node.textContent?.trim()))).toEqual([
      'Health',
      'Key figures',
      'Alerts',
      'Running 3',
      'Agents 6',
      'Recent 14',
    ])
    expect(await tab.textContent('#connection')).toBe('reload to update')
    await tab.click('#recent summary')
    expect(await tab.isVisible('#recent .attempts')).toBe(true)
  })

  test('reconnects automatically after the connection was killed, and shows the state in words', async () => {
    let page = await openedPage()
    const port = Number(new URL(page.url).port)
    const { tab } = await openTab(browser)
    await goLive(tab, page)
    await page.close()
    await tab.waitForSelector('#connection.reconnecting')
    expect(await tab.textContent('#connection')).toBe('reconnecting')
    page = await openedPage({ port, metrics: () => sampleMetrics({ recent: [sampleRun({ agentName: 'after-restart' })] }) })
    await tab.waitForSelector('#connection.live')
    await tab.waitForSelector('#recent >> text=after-restart')
  })

  test('an update keeps focus, opened details and scroll position, also of a run that has dropped out of the list', async () => {
    let newest = 0
    const metrics = () =>
      sampleMetrics({
        recent: Array.from({ length: 50 }, (_, index) =>
          failedRun({ id: `r${newest - index}`, agentName: `agent ${newest - index}` }),
        ),
      })
    const page = await openedPage({ metrics })
    const { tab } = await openTab(browser, { viewport: { width: 900, height: 700 } })
    await goLive(tab, page)
    await tab.click('#run-r-40 summary')
    await tab.focus('#run-r-40 summary')
    const top = (): Promise<number> => tab.$eval('#run-r-40', (node) => Math.round(node.getBoundingClientRect().top))
    const before = await top()
    newest = 5
    await tab.waitForSelector('#run-r5')
    expect(
      await tab.$eval('#run-r-40', (node) => [
        node.querySelector('details')!.open,
        node.contains(node.ownerDocument.activeElement),
      ]),
    ).toEqual([true, true])
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(2)
    newest = 100
    await tab.waitForSelector('#run-r100')
    expect(await tab.isVisible('#run-r-40 .attempts')).toBe(true)
    expect(await tab.locator('#recent li').count()).toBe(51)
    // Closed and left, it goes
    await tab.click('#run-r-40 summary')
    await tab.evaluate('document.activeElement.blur()')
    newest = 101
    await tab.waitForSelector('#run-r101')
    expect(await tab.locator('#recent li').count()).toBe(50)
  })

  test('asks for the token once, then works; the token is in no address', async () => {
    const page = await openedPage({ token: 'open-sesame' })
    const { tab, complaints } = await openTab(browser)
    const asked: string[] = []
    tab.on('request', (request) => asked.push(request.url()))
    await tab.goto(page.url)
    expect(await seriousFaults(tab)).toEqual([])
    await tab.screenshot({ path: pictureFile('login') })
    await tab.fill('#token', 'open-sesame')
    await tab.click('button')
    await tab.waitForSelector('#connection.live')
    expect(tab.url()).toBe(page.url)
    expect(asked.join()).not.toContain('sesame')
    expect(await tab.evaluate('document.cookie')).toBe('')
    expect(complaints).toEqual([])
  })

  test('hostile names stay text: nothing runs, nothing is refused, nothing runs over', async () => {
    const agentName = `<img src=x onerror="document.title='owned'">${'W'.repeat(500)}\u202e`
    const page = await openedPage({ metrics: () => sampleMetrics({ recent: [failedRun({ agentName, errorType: agentName })] }) })
    const { tab, complaints } = await openTab(browser, { viewport: { width: 360, height: 740 } })
    await goLive(tab, page)
    expect(await tab.textContent('#recent .agent')).toContain('<img src=x')
    expect(await tab.title()).not.toContain('owned')
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(360)
    expect(complaints).toEqual([])
  })
})
