import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { Secret } from '@swarmwatch/config'
import { openHttpServer } from '@swarmwatch/testkit'
import type { Result } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { bridgeForPeople, linkOf, onCallToken } from './bridge-for-people.ts'

const executablePath = '/usr/bin/chromium'
const isMissing = !existsSync(executablePath) && process.env['REQUIRE_STACK'] !== '1'
if (isMissing) console.log(`skipped the pages in a browser: ${executablePath} is not installed`)
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe.skipIf(isMissing)('the pages in a browser without JavaScript', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
  })
  afterAll(() => browser?.close())

  test('are accessible in light and dark and fit a phone, and a person signs in, silences, acknowledges and resolves', async () => {
    const alertmanager = await openHttpServer(({ method }, response) =>
      response.end(method === 'GET' ? '[]' : '{"silenceID":"3c9b2c4e-0f3c-4f0e-9a56-1c6f1f1b7f0e"}'),
    )
    onTestFinished(() => alertmanager.close())
    const bridge = await bridgeForPeople({
      settings: { alertmanagerUrls: [new Secret(alertmanager.url)], publicUrl: 'http://bridge.example.com/' },
    })
    const critical = await bridge.fire({ name: 'AgentErrorRateCritical', severity: 'critical' })
    const slow = await bridge.fire({ name: 'AgentSlowResponses' })
    await bridge.fire({ name: 'AgentIdle' })
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    onTestFinished(() => context.close())
    const tab = await context.newPage()
    const complaints: string[] = []
    tab.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
    const local = (address: string): string => address.replace('http://bridge.example.com', bridge.url)
    const looked = (name: string): Promise<void> => look(tab, name)

    await tab.goto(`${bridge.url}/`)
    await looked('sign-in')
    await tab.getByLabel('Your name').fill('Ana')
    await tab.getByLabel('Token').fill(onCallToken)
    await tab.getByRole('button', { name: 'Sign in' }).click()
    expect(await tab.getByRole('heading', { level: 1 }).textContent()).toBe('3 open incidents')
    await looked('list')
    await tab.getByRole('link', { name: /AgentErrorRateCritical/ }).click()
    await looked('incident')
    await tab.getByRole('button', { name: 'Acknowledge' }).click()
    expect(await tab.getByRole('status').textContent()).toContain('Stored.')
    await looked('acknowledged')

    await tab.goto(local(linkOf(slow, 'Silence')))
    await looked('silence')
    await tab.getByLabel('Your name').fill('Ben')
    await tab.getByLabel('Reason').fill('a new model is deployed')
    await tab.getByLabel('Duration').selectOption('240')
    await tab.getByRole('button', { name: 'Silence' }).click()
    expect(await tab.getByRole('heading', { level: 1 }).textContent()).toBe('Silenced')
    await looked('silenced')
    await tab.goto(local(linkOf(critical, 'Resolve')))
    await looked('resolve')
    await tab.getByLabel('Your name').fill('Cem')
    await tab.getByRole('button', { name: 'Mark as resolved' }).click()
    expect(await bridge.incident(critical.incidentKey)).toMatchObject({ state: 'resolved', resolvedBy: 'Cem' })
    await tab.goto(`${bridge.url}/`)
    await looked('list-later')
    // refused sign-ins answer 401, which a browser reports
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
  })
})

/** Checks the page in both colour schemes and on a phone, and takes its picture. */
async function look(tab: Page, name: string): Promise<void> {
  const folder = fileURLToPath(new URL('../../../../screenshots/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  for (const colorScheme of ['dark', 'light'] as const) {
    await tab.emulateMedia({ colorScheme })
    await tab.evaluate(axeSource)
    const violations = (await tab.evaluate(
      `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((results) => results.violations)`,
    )) as Result[]
    expect([name, colorScheme, violations.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary])]).toEqual([
      name,
      colorScheme,
      [],
    ])
    await tab.screenshot({ path: `${folder}incidents-${name}-${colorScheme}.png`, fullPage: true })
  }
  await tab.setViewportSize({ width: 360, height: 740 })
  expect([name, await tab.evaluate('document.documentElement.scrollWidth')]).toEqual([name, 360])
  await tab.screenshot({ path: `${folder}incidents-${name}-phone.png`, fullPage: true })
  await tab.setViewportSize({ width: 1280, height: 900 })
}
