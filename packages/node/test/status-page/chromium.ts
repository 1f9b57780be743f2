import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const executablePath = '/usr/bin/chromium'

/** Why tests in a browser cannot run here; undefined when they can, or must (REQUIRE_STACK=1). */
export const whyNoBrowser: string | undefined =
  existsSync(executablePath) || process.env['REQUIRE_STACK'] === '1'
    ? undefined
    : `no browser: ${executablePath} is not installed`

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
}

/**
 * A tab of its own, and what the browser complained about in it: errors of scripts, refused files,
 * broken policies.
 */
export async function openTab(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ tab: Page; complaints: string[] }> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  const tab = await context.newPage()
  const complaints: string[] = []
  tab.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  tab.on('pageerror', (error) => complaints.push(error.message))
  return { tab, complaints }
}

/** Where pictures of the page are put; git ignores the folder. */
export function pictureFile(name: string): string {
  const folder = fileURLToPath(new URL('../../../../screenshots/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  return `${folder}status-page-${name}.png`
}
