import { eventually } from '@swarmwatch/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { goLive, openedPage, seriousFaults } from './browser-page.ts'
import { launchBrowser, openTab, pictureFile, whyNoBrowser } from './chromium.ts'
import { quarterHour } from './quarter-hour.ts'

if (whyNoBrowser !== undefined) console.log(`skipped the looks of the status page: ${whyNoBrowser}`)

describe.skipIf(whyNoBrowser !== undefined)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test.each([
    ['desktop', { width: 1280, height: 900 }, 1],
    ['phone', { width: 360, height: 740 }, 2],
  ])('is accessible in light and dark, keeps its policy and fits its screen: %s', async (screen, viewport, deviceScaleFactor) => {
    const { sources, isOver } = quarterHour()
    const page = await openedPage({ ...sources, serviceName: 'billing-agents', sampleMs: 1, tickMs: 500 })
    await eventually('a quarter of an hour is sampled', () => isOver() || undefined)
    const { tab, complaints } = await openTab(browser, { viewport, deviceScaleFactor })
    await goLive(tab, page)
    await tab.click('#recent summary')
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme })
      expect([colorScheme, await seriousFaults(tab)]).toEqual([colorScheme, []])
      await tab.evaluate('window.scrollTo(0, 0)')
      await tab.screenshot({ path: pictureFile(`${screen}-${colorScheme}`), fullPage: true })
    }
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width)
    expect(complaints).toEqual([])
  })
})
