import { readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'

import { type HttpServer, openHttpServer, startProgram } from '@swarmwatch/testkit'
import type { Result } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { repositoryRoot, siteRoot } from '../src/repository.ts'
import { whyNoBrowser } from './why-no-browser.ts'

const dist = join(siteRoot, 'dist')
beforeAll(async () => {
  const build = startProgram(process.execPath, ['src/build.ts'], { cwd: siteRoot, env: process.env })
  const { code } = await build.ended
  // VitePress goes on after an error in a page
  const problem = code !== 0 || /^\w*Error: /m.test(build.output())
  if (problem) throw new Error(`the site does not build without errors\n${build.output()}`)
}, 600_000)

test('has no link within the site that leads to no page or no heading', () => {
  const html = new Map(
    readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.html'))
      .map((file) => [`/${file.replaceAll('\\', '/')}`, readFileSync(join(dist, file), 'utf8')]),
  )
  expect(html.size).toBeGreaterThan(100)
  const ids = new Map([...html].map(([path, text]) => [path, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]))
  const problems = [...html].flatMap(([path, text]) =>
    [...text.matchAll(/ href="([^"]+)"/g)]
      .map(([, url]) => url!.replaceAll('&amp;', '&'))
      .filter((url) => !/^[a-z]+:/.test(url) && !/\.(css|js|woff2|svg)$/.test(url))
      .flatMap((url) => {
        const [to = '', anchor] = url.split('#')
        const page = to === '' ? path : posix.resolve(posix.dirname(path), to.endsWith('/') ? `${to}index.html` : to)
        const found = ids.get(page) ?? ids.get(`${page}.html`)
        if (found === undefined) return [`${path}: ${url}: no such page`]
        return anchor === undefined || anchor === '' || found.has(decodeURIComponent(anchor))
          ? []
          : [`${path}: ${url}: no such heading`]
      }),
  )
  expect([...new Set(problems)]).toEqual([])
})

test('the link "Edit this page" leads to the document of the page', () => {
  const link = (page: string): string | undefined =>
    /href="[^"]*\/edit\/main\/([^"]+)"/.exec(readFileSync(join(dist, page), 'utf8'))?.[1]
  expect(['getting-started.html', 'packages/sdk.html', 'api/index.html'].map(link)).toEqual([
    'docs/getting-started.md',
    'packages/sdk/README.md',
    undefined,
  ])
})

if (whyNoBrowser !== undefined) console.log(`skipped the looks of the site: ${whyNoBrowser}`)

describe.skipIf(whyNoBrowser !== undefined)('in a browser', () => {
  let browser: Browser
  let server: HttpServer
  beforeAll(async () => {
    server = await openHttpServer(({ path }, response) => {
      const file = path.endsWith('/') ? `${path}index.html` : path
      try {
        const body = readFileSync(join(dist, decodeURIComponent(file)))
        response.setHeader('content-type', types[posix.extname(file)] ?? 'application/octet-stream')
        response.end(body)
      } catch {
        response.statusCode = 404
        response.end()
      }
    })
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  test.each([
    ['desktop', { width: 1280, height: 900 }],
    ['phone', { width: 360, height: 740 }],
  ])(
    'is accessible in light and dark, fits the screen and asks no other server: %s',
    { timeout: 600_000 },
    async (screen, viewport) => {
      const context = await browser.newContext({ viewport })
      const tab = await context.newPage()
      const outside: string[] = []
      tab.on(
        'request',
        (request) => request.url().startsWith(server.url) || request.url().startsWith('data:') || outside.push(request.url()),
      )
      const complaints: string[] = []
      tab.on('pageerror', (error) => complaints.push(error.message))
      const faults: unknown[] = []
      await mkdir(join(repositoryRoot, 'screenshots'), { recursive: true })
      for (const path of pages) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await tab.goto(`${server.url}${path}`)
          await tab.waitForFunction('document.querySelector("#app").__vue_app__ !== undefined')
          const found = await faultsOf(tab)
          const width = await tab.evaluate<number>('document.documentElement.scrollWidth')
          if (found.length > 0 || width > viewport.width) faults.push({ path, colorScheme, width, found })
          await tab.screenshot({
            path: join(repositoryRoot, `screenshots/site-${screen}-${colorScheme}${path.replaceAll(/\W+/g, '-')}.png`),
          })
        }
      }
      expect({ faults, outside, complaints }).toEqual({ faults: [], outside: [], complaints: [] })
      await context.close()
    },
  )

  test('the search finds a setting and an alert, without a server of its own', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    const tab = await context.newPage()
    await tab.goto(`${server.url}/getting-started.html`)
    for (const [words, page] of [
      ['MONITOR_TRUSTED_PROXIES', 'configuration'],
      ['AgentCostSpike', 'runbooks/AgentCostSpike'],
    ] as const) {
      await tab.waitForFunction('document.querySelector("#app").__vue_app__ !== undefined')
      await tab.click('.DocSearch-Button, .VPNavBarSearch button')
      await tab.fill('.VPLocalSearchBox input', words)
      await tab.waitForSelector(`.VPLocalSearchBox a[href*="/${page}"]`)
      await tab.keyboard.press('Escape')
    }
    await context.close()
  })
})

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** One page of each kind: home, prose, code, wide tables, exports, a runbook. */
const pages = [
  '/',
  '/getting-started.html',
  '/concepts.html',
  '/queues.html',
  '/status-page.html',
  '/api/@swarmwatch/node.html',
  '/runbooks/AgentCostSpike.html',
]

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function faultsOf(tab: Page): Promise<unknown[]> {
  await tab.evaluate(axeSource)
  const violations = (await tab.evaluate(
    `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((results) => results.violations)`,
  )) as Result[]
  return violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    where: nodes.slice(0, 3).map(({ html }) => html.slice(0, 300)),
  }))
}
