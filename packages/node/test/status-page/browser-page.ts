import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import type { Result } from 'axe-core'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

import { openStatusPage, type StatusPage, type StatusPageOptions } from '../../src/status-page/open-status-page.ts'
import { troubledSwarm } from './sample-swarm.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The page over the sample swarm, until the test ends. */
export async function openedPage(options: StatusPageOptions = {}): Promise<StatusPage> {
  const page = await openStatusPage({ ...troubledSwarm(), port: 0, tickMs: 20, ...options })
  onTestFinished(() => page.close())
  return page
}

/** Opens the page and waits until it is live. */
export async function goLive(tab: Page, { url }: { url: string }): Promise<void> {
  await tab.goto(url)
  await tab.waitForSelector('#connection.live')
}

/** The violations that axe finds on the page. */
export async function seriousFaults(tab: Page): Promise<unknown[]> {
  // `addScriptTag` would break the policy that we want to see in force
  await tab.evaluate(axeSource)
  const violations = (await tab.evaluate(
    `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((results) => results.violations)`,
  )) as Result[]
  return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map(({ html }) => html) }))
}
